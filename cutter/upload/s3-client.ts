import { readFile } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { UploadError } from './location.ts';

/** Where a bucket is, and how to get in. */
export interface S3Store {
	bucket: string;
	/** The address of a store that is not Amazon's. */
	endpoint?: string;
	/** us-east-1 unless told; stores that know no regions take any. */
	region?: string;
	/** Whether the bucket stands in the path rather than in the host's name. Yes for an `endpoint` unless told. */
	pathStyle?: boolean;
	/** A file that holds `ACCESS_KEY_ID:SECRET_ACCESS_KEY`. Without it the usual places are searched (environment, ~/.aws). */
	passwordFile?: string;
}

/** A client of the store. Warnings of the SDK are silenced, so that nothing but our errors speaks of it. */
export function connectStore(
	sdk: typeof import('@aws-sdk/client-s3'),
	name: string,
	store: S3Store,
	silenceMs: number,
): S3Client {
	const { passwordFile, endpoint } = store;
	return new sdk.S3Client({
		region: store.region ?? 'us-east-1',
		...(endpoint !== undefined && { endpoint }),
		forcePathStyle: store.pathStyle ?? endpoint !== undefined,
		// Read anew each time that the client asks, so that a changed file is taken.
		...(passwordFile !== undefined && { credentials: () => readKeys(name, passwordFile) }),
		// The newer checksums in trailers are refused by many stores that are not Amazon's.
		requestChecksumCalculation: 'WHEN_REQUIRED',
		responseChecksumValidation: 'WHEN_REQUIRED',
		// Its warnings would go to the console; what matters reaches us as errors.
		logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
		requestHandler: { connectionTimeout: silenceMs, socketTimeout: silenceMs },
	});
}

async function readKeys(name: string, file: string) {
	const text = await readFile(file, 'utf8').catch((error: Error) => {
		throw new UploadError(`The credentials of upload location "${name}" cannot be read: ${error.message}.`);
	});
	const [, accessKeyId, secretAccessKey] = /^([^:\s]+):(\S+)$/.exec(text.trim()) ?? [];
	if (!accessKeyId || !secretAccessKey) {
		throw new UploadError(
			`${file} must hold one line ACCESS_KEY_ID:SECRET_ACCESS_KEY for upload location "${name}".`,
		);
	}
	// An expiration makes the client ask again.
	return { accessKeyId, secretAccessKey, expiration: new Date(Date.now() + 15 * 60_000) };
}

/** The address of a store's objects, with a slash at the end; an escaped key is appended. */
export function objectRoot({ endpoint, bucket, pathStyle, region = 'us-east-1' }: S3Store): string {
	if (endpoint === undefined) return `https://${bucket}.s3.${region}.amazonaws.com/`;
	const root = new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
	if (pathStyle ?? true) return `${root.href}${bucket}/`;
	root.host = `${bucket}.${root.host}`;
	return root.href;
}
