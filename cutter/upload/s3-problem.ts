import { LocationDown, UploadError } from './location.ts';
import { isDiskDown } from './system-errors.ts';
import { Interrupted } from './try-again.ts';

/** What the SDK's errors have; they carry the whole request too, which must not reach a log. */
interface SdkError extends Error {
	$metadata?: { httpStatusCode?: number };
	Code?: string;
}

/** What people can do about the errors that only they can mend. */
const ADVICE: Record<string, string> = {
	NoSuchBucket: 'there is no such bucket. Create it, or correct the configuration',
	AccessDenied:
		'our credentials do not allow it. They need to get, put and list objects and to abort multipart uploads',
	Forbidden:
		'our credentials do not allow it. They need to get, put and list objects and to abort multipart uploads',
	InvalidAccessKeyId: 'it does not know our access key. Correct the credentials',
	SignatureDoesNotMatch: 'our secret key is wrong. Correct the credentials',
	CredentialsProviderError: 'no credentials were found. Name a passwordFile in the configuration',
	RequestTimeTooSkewed: "this machine's clock is wrong. Set it, for example by NTP",
	NoSuchUpload: 'it no longer knows the upload; it was aborted or has been completed',
	NoSuchKey: 'it no longer knows the upload; it was aborted or has been completed',
};

/** Whether the store itself answered with one of these error codes. */
export function isAnswer(error: unknown, ...codes: string[]): boolean {
	const { name, Code } = error as SdkError;
	return error instanceof Error && (codes.includes(name) || (Code !== undefined && codes.includes(Code)));
}

/**
 * An error of the S3 client as a sentence about `place` when `doing` something. Interrupted when the store did not answer,
 * or answered that it failed itself.
 */
export function s3Problem(place: string, doing: string, error: unknown): UploadError {
	if (error instanceof UploadError) return error;
	const { name, message, $metadata } = error as SdkError;
	const advice = ADVICE[name];
	if (advice !== undefined) return new UploadError(`${place}, ${doing}: ${advice}.`);
	const status = $metadata?.httpStatusCode;
	// Of the file that is sent, or for want of a socket.
	if (status === undefined && isDiskDown(error))
		return new LocationDown(`Nothing can be sent to ${place} from this node: ${message}.`);
	if (status === undefined) return new Interrupted(`${place}, ${doing}: no answer: ${message}.`);
	// 200: a completion answers that before it is carried out, with the error inside.
	if (status >= 500 || status === 200 || name === 'SlowDown') {
		return new Interrupted(`${place}, ${doing}: the store failed (${name}).`);
	}
	return new UploadError(`${place}, ${doing}: ${name}: ${message.replace(/\.$/, '')}.`);
}
