/** A refusal in the form that Google's API gives it; the server sends it as {error: {code, message, status}}. */
export class ApiError extends Error {
	override readonly name = 'ApiError';
	readonly code: number;
	readonly status: string;

	/** @param code the HTTP status @param status Google's word for it, such as INVALID_ARGUMENT */
	constructor(code: number, status: string, message: string) {
		super(message);
		this.code = code;
		this.status = status;
	}
}

export function invalid(message: string): ApiError {
	return new ApiError(400, 'INVALID_ARGUMENT', message);
}

export function notFound(message: string): ApiError {
	return new ApiError(404, 'NOT_FOUND', message);
}

/** For what the API has and the local sheet does not do. */
export function unimplemented(what: string): ApiError {
	return new ApiError(501, 'UNIMPLEMENTED', `The local sheet does not implement ${what}.`);
}
