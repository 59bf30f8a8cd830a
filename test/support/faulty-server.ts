import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** An exchange as the fakes see it. */
export interface FakeRequest {
	method: string;
	/** Percent-decoded. */
	path: string;
	rawPath: string;
	query: URLSearchParams;
	headers: http.IncomingHttpHeaders;
	body: Buffer;
	/** Of the body; of a large one only this is kept. */
	length: number;
}

export interface FakeAnswer {
	status: number;
	headers?: Record<string, string | number>;
	body?: string | Buffer;
}

/**
 * How an exchange fails: before its effect or after it, by a status, by cutting the connection, or by silence.
 * `cut body` cuts the connection in the middle of the request's body.
 */
export type Fault =
	| { when: 'before' | 'after'; how: 'cut' | 'silence' }
	| { when: 'before' | 'after'; how: 'answer'; answer: FakeAnswer };

/**
 * An HTTP server for fakes of other people's servers. Exchanges are numbered in the order in which their bodies are
 * complete; `fault` decides which of them fail, and how, and may take its time over it; `pace` holds an exchange up before and after its effect. Effects
 * are atomic: `handle` is synchronous. What it does not know it must throw; that is answered with 501 and kept in
 * `complaints`, so that a test can say that there were none.
 */
export class FaultyServer {
	/** `METHOD /path` of every exchange, as they came. */
	readonly exchanges: string[] = [];
	readonly complaints: string[] = [];
	fault: (number: number, request: FakeRequest) => Fault | undefined | Promise<Fault | undefined> = () =>
		undefined;
	pace: () => Promise<void> = async () => undefined;
	/** Bodies beyond this are counted, not kept: for tests that send much. */
	mostKeptBytes = Number.POSITIVE_INFINITY;
	readonly #server: http.Server;
	readonly #handle: (request: FakeRequest) => FakeAnswer;

	constructor(handle: (request: FakeRequest) => FakeAnswer) {
		this.#handle = handle;
		this.#server = http.createServer({ keepAliveTimeout: 500 }, (request, response) => {
			void this.#serve(request, response);
		});
	}

	async listen(): Promise<void> {
		this.#server.listen(0, '127.0.0.1');
		await once(this.#server, 'listening');
	}

	/** Its address, with a slash at the end. */
	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
	}

	async close(): Promise<void> {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
		const read = await readBody(request, this.mostKeptBytes).catch(() => undefined);
		if (!read) return;
		const { pathname, searchParams } = new URL(request.url!, this.url);
		const seen: FakeRequest = {
			method: request.method!,
			path: decodeURIComponent(pathname),
			rawPath: pathname,
			query: searchParams,
			headers: request.headers,
			...read,
		};
		const number = this.exchanges.push(`${seen.method} ${seen.path}`) - 1;
		const fault = await this.fault(number, seen);
		await this.pace();
		const answer = fault?.when === 'before' ? undefined : this.#answer(seen);
		await this.pace();
		if (fault?.how === 'cut') request.socket.destroy();
		else if (fault?.how === 'silence') return;
		else send(seen.method, response, fault && 'answer' in fault ? fault.answer : answer!);
	}

	#answer(request: FakeRequest): FakeAnswer {
		try {
			return this.#handle(request);
		} catch (error) {
			this.complaints.push(`${request.method} ${request.path}: ${(error as Error).message}`);
			return { status: 501, body: (error as Error).message };
		}
	}
}

async function readBody(
	request: http.IncomingMessage,
	most: number,
): Promise<{ body: Buffer; length: number }> {
	const kept: Buffer[] = [];
	let length = 0;
	for await (const piece of request as AsyncIterable<Buffer>) {
		length += piece.length;
		if (length <= most) kept.push(piece);
		else kept.length = 0;
	}
	return { body: Buffer.concat(kept), length };
}

function send(
	method: string,
	response: http.ServerResponse,
	{ status, headers = {}, body = '' }: FakeAnswer,
) {
	const bytes = Buffer.from(body as string);
	response.writeHead(status, { 'content-length': bytes.length, ...headers });
	response.end(method === 'HEAD' || status === 204 ? undefined : bytes);
}
