import { type FakeAnswer, type FakeRequest, FaultyServer } from './faulty-server.ts';

/**
 * A WebDAV server with one folder, `/videos/`, in memory: GET, HEAD, PUT (If-None-Match: *), DELETE and MOVE
 * (Overwrite: F) as RFC 9110 and RFC 4918 have them. Everything else it refuses loudly.
 */
export class WebdavServer extends FaultyServer {
	/** By file name. */
	readonly files = new Map<string, { body: Buffer; length: number; type: string | undefined }>();
	/** The Authorization header that it demands, if any. */
	authorization: string | undefined;

	constructor() {
		super((request) => this.#handle(request));
	}

	get folder(): string {
		return `${this.url}videos/`;
	}

	#handle(request: FakeRequest): FakeAnswer {
		if (this.authorization !== undefined && request.headers.authorization !== this.authorization) {
			return { status: 401, headers: { 'www-authenticate': 'Basic realm="videos"' } };
		}
		const name = this.#name(request.path);
		if (name === undefined) return { status: 409, body: 'no such folder' };
		const file = this.files.get(name);
		switch (request.method) {
			case 'GET':
			case 'HEAD':
				if (!file) return { status: 404 };
				return {
					status: 200,
					headers: { 'content-length': file.length, 'content-type': file.type ?? 'application/octet-stream' },
					body: request.method === 'GET' ? file.body : '',
				};
			case 'PUT':
				if (request.headers['if-none-match'] !== undefined && request.headers['if-none-match'] !== '*') {
					throw new Error('If-None-Match of an entity tag');
				}
				if (request.headers['if-none-match'] === '*' && file) return { status: 412 };
				if (request.headers['content-range'] !== undefined) throw new Error('PUT of a range');
				this.files.set(name, {
					body: request.body,
					length: request.length,
					type: request.headers['content-type'],
				});
				return { status: file ? 204 : 201 };
			case 'DELETE':
				return { status: this.files.delete(name) ? 204 : 404 };
			case 'MOVE':
				return this.#move(name, request);
			default:
				throw new Error(`unknown method ${request.method}`);
		}
	}

	#move(name: string, { headers }: FakeRequest): FakeAnswer {
		const destination = new URL(String(headers.destination));
		if (destination.host !== headers.host) return { status: 502, body: 'another server' };
		const target = this.#name(decodeURIComponent(destination.pathname));
		const file = this.files.get(name);
		if (target === undefined) return { status: 409 };
		if (!file) return { status: 404 };
		if (target === name) return { status: 403 };
		const replaced = this.files.has(target);
		if (headers.overwrite !== 'T' && headers.overwrite !== 'F' && headers.overwrite !== undefined) {
			throw new Error(`Overwrite: ${headers.overwrite}`);
		}
		if (headers.overwrite === 'F' && replaced) return { status: 412 };
		this.files.set(target, file);
		this.files.delete(name);
		return { status: replaced ? 204 : 201 };
	}

	#name(path: string): string | undefined {
		return /^\/videos\/([^/]+)$/.exec(path)?.[1];
	}
}
