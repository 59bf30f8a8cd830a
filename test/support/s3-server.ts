import { createHash, randomUUID } from 'node:crypto';
import { type FakeAnswer, type FakeRequest, FaultyServer } from './faulty-server.ts';
import { isSigned } from './s3-signature.ts';

interface Bytes {
	body: Buffer;
	length: number;
	etag: string;
}

interface MultipartUpload {
	key: string;
	headers: Record<string, string>;
	parts: Map<number, Bytes>;
}

/** S3's least size of all parts but the last. */
const LEAST_PART_BYTES = 5 * 2 ** 20;

/**
 * An S3 store with one bucket, `videos`, addressed in the path: objects (GET, HEAD, conditional PUT), multipart uploads
 * (create, part, list, complete, abort). It checks Signature Version 4, and like S3 it answers errors of a completion that
 * take long with 200. Everything else it refuses loudly.
 */
export class S3Server extends FaultyServer {
	readonly objects = new Map<string, Bytes & { headers: Record<string, string> }>();
	/** By upload id. */
	readonly uploads = new Map<string, MultipartUpload>();
	accessKey = 'AKIDEXAMPLE';
	secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
	/** Some stores know no If-None-Match when they write. */
	knowsConditions = true;
	/** The errors of completions come inside of a 200. */
	lateErrors = true;
	/** What ListParts answers about an upload that is gone; Ceph's gateway says NoSuchKey. */
	goneCode = 'NoSuchUpload';
	/** Parts in an answer to ListParts. */
	pageSize = 1000;

	constructor() {
		super((request) => this.#handle(request));
	}

	#handle(request: FakeRequest): FakeAnswer {
		if (!isSigned(request, this.accessKey, this.secretKey)) return failure(403, 'SignatureDoesNotMatch');
		const [, bucket, key] = /^\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
		if (bucket === undefined || key === undefined) throw new Error('an operation on no object');
		if (bucket !== 'videos') return failure(404, 'NoSuchBucket', request.method);
		request.query.delete('x-id');
		const names = [...request.query.keys()].sort().join(' ');
		switch (`${request.method} ${names}`.trim()) {
			case 'GET':
			case 'HEAD':
				return this.#get(key, request);
			case 'PUT':
				return this.#put(key, request);
			case 'POST uploads':
				return this.#create(key, request);
			case 'PUT partNumber uploadId':
				return this.#part(key, request);
			case 'GET uploadId':
			case 'GET part-number-marker uploadId':
				return this.#list(key, request);
			case 'POST uploadId':
				return this.#complete(key, request);
			case 'DELETE uploadId':
				if (!this.#upload(key, request)) return failure(404, 'NoSuchUpload');
				this.uploads.delete(request.query.get('uploadId')!);
				return { status: 204 };
			default:
				throw new Error(`unknown operation ${request.method} ?${names}`);
		}
	}

	#get(key: string, { method }: FakeRequest): FakeAnswer {
		const object = this.objects.get(key);
		if (!object) return failure(404, 'NoSuchKey', method);
		const headers = { ...object.headers, etag: object.etag, 'content-length': object.length };
		return { status: 200, headers, body: method === 'GET' ? object.body : '' };
	}

	#put(key: string, request: FakeRequest): FakeAnswer {
		const refused = this.#condition(key, request);
		if (refused) return refused;
		const bytes = bytesOf(request);
		this.objects.set(key, { ...bytes, headers: keptHeaders(request) });
		return { status: 200, headers: { etag: bytes.etag } };
	}

	#create(key: string, request: FakeRequest): FakeAnswer {
		const uploadId = randomUUID();
		this.uploads.set(uploadId, { key, headers: keptHeaders(request), parts: new Map() });
		return xml(
			'InitiateMultipartUploadResult',
			`<Bucket>videos</Bucket><Key>${escapeXml(key)}</Key><UploadId>${uploadId}</UploadId>`,
		);
	}

	#part(key: string, request: FakeRequest): FakeAnswer {
		const number = Number(request.query.get('partNumber'));
		if (!(number >= 1 && number <= 10_000)) return failure(400, 'InvalidArgument');
		const upload = this.#upload(key, request);
		if (!upload) return failure(404, 'NoSuchUpload');
		const bytes = bytesOf(request);
		upload.parts.set(number, bytes);
		return { status: 200, headers: { etag: bytes.etag } };
	}

	#list(key: string, request: FakeRequest): FakeAnswer {
		const upload = this.#upload(key, request);
		if (!upload) return failure(404, this.goneCode);
		const after = Number(request.query.get('part-number-marker') ?? 0);
		const rest = [...upload.parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
		const page = rest.slice(0, this.pageSize);
		const parts = page.map(
			([number, { etag, length }]) =>
				`<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag><Size>${length}</Size></Part>`,
		);
		const more = page.length < rest.length;
		const next = `<NextPartNumberMarker>${page.at(-1)?.[0] ?? 0}</NextPartNumberMarker>`;
		return xml('ListPartsResult', `${parts.join('')}${next}<IsTruncated>${more}</IsTruncated>`);
	}

	#complete(key: string, request: FakeRequest): FakeAnswer {
		const late = this.lateErrors ? 200 : undefined;
		const upload = this.#upload(key, request);
		if (!upload) return failure(404, 'NoSuchUpload');
		const refused = this.#condition(key, request);
		if (refused) return refused;
		const text = request.body.toString();
		const named = [...text.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
			number: Number(/<PartNumber>(\d+)</.exec(part!)?.[1]),
			etag: unescapeXml(/<ETag>([^<]*)</.exec(part!)?.[1] ?? ''),
		}));
		if (named.length === 0) return failure(400, 'MalformedXML');
		const chosen: Bytes[] = [];
		for (const [index, { number, etag }] of named.entries()) {
			const part = upload.parts.get(number);
			if (!part || part.etag !== etag) return failure(late ?? 400, 'InvalidPart');
			if (index > 0 && number <= named[index - 1]!.number) return failure(late ?? 400, 'InvalidPartOrder');
			if (index < named.length - 1 && part.length < LEAST_PART_BYTES) {
				return failure(late ?? 400, 'EntityTooSmall');
			}
			chosen.push(part);
		}
		const body = Buffer.concat(chosen.map((part) => part.body));
		const length = chosen.reduce((sum, part) => sum + part.length, 0);
		const etag = `"${createHash('md5').update(body).digest('hex')}-${chosen.length}"`;
		this.objects.set(key, { body, length, etag, headers: upload.headers });
		this.uploads.delete(request.query.get('uploadId')!);
		return xml(
			'CompleteMultipartUploadResult',
			`<Bucket>videos</Bucket><Key>${escapeXml(key)}</Key><ETag>${escapeXml(etag)}</ETag>`,
		);
	}

	#condition(key: string, { headers }: FakeRequest): FakeAnswer | undefined {
		const condition = headers['if-none-match'];
		if (headers['if-match'] !== undefined) throw new Error('If-Match');
		if (condition === undefined) return undefined;
		if (!this.knowsConditions) return failure(501, 'NotImplemented');
		if (condition !== '*') return failure(400, 'InvalidRequest');
		return this.objects.has(key) ? failure(412, 'PreconditionFailed') : undefined;
	}

	#upload(key: string, { query }: FakeRequest): MultipartUpload | undefined {
		const upload = this.uploads.get(query.get('uploadId') ?? '');
		return upload?.key === key ? upload : undefined;
	}
}

function bytesOf({ body, length }: FakeRequest): Bytes {
	return { body, length, etag: `"${createHash('md5').update(body).digest('hex')}"` };
}

function keptHeaders({ headers }: FakeRequest): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-meta-')),
	) as Record<string, string>;
}

function xml(root: string, inside: string): FakeAnswer {
	return {
		status: 200,
		headers: { 'content-type': 'application/xml' },
		body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</${root}>`,
	};
}

/** An S3 error; of a HEAD only the status is told. */
export function failure(status: number, code: string, method = 'GET'): FakeAnswer {
	if (method === 'HEAD') return { status };
	const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>The fake says ${code}.</Message></Error>`;
	return { status, headers: { 'content-type': 'application/xml' }, body };
}

function escapeXml(text: string): string {
	return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function unescapeXml(text: string): string {
	return text.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&');
}
