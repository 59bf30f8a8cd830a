import { UploadError, type UploadSession } from './location.ts';

/** Where an upload to an S3 store is found again. */
export interface S3Session extends UploadSession {
	kind: 's3';
	key: string;
	/** Of the multipart upload. */
	uploadId: string;
}

/** What a session says comes from the database: it stays within the prefix, whatever somebody typed there. */
export function s3Session(session: UploadSession, prefix: string): S3Session {
	const { kind, key, uploadId } = session as S3Session;
	if (kind !== 's3' || typeof uploadId !== 'string' || uploadId === '') {
		throw new UploadError('The upload session in the row is not one of an S3 store.');
	}
	keyWithin(key, prefix);
	return session as S3Session;
}

/** A key that the row names; refused unless it is one of those under `prefix`. */
export function keyWithin(key: unknown, prefix: string): string {
	if (typeof key !== 'string' || !key.startsWith(prefix) || key.length === prefix.length) {
		throw new UploadError(`The row names an object that is not one of those under "${prefix}".`);
	}
	return key;
}
