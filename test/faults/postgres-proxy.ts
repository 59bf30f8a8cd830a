import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Counted, type Trap } from './trap.ts';

/**
 * Stands between a node and PostgreSQL and understands as much of the frontend/backend protocol (version 3.0, chapter
 * "Frontend/Backend Protocol" of PostgreSQL's manual) as it takes to see each statement begin (Parse or Query) and end
 * (ReadyForQuery, after its commit). A statement is named by the function that it calls, and by how often that came.
 */
export class PostgresProxy {
	/** The names of all statements so far, in the order in which they began. */
	readonly statements: string[] = [];
	/** Decides what happens around a statement. It is held up until `act` is done; what is dropped takes its connection along. */
	trap: (name: string) => Trap | undefined = () => undefined;
	#target: { host: string; port: number };
	readonly #server: net.Server;
	readonly #sockets = new Set<Socket>();
	readonly #counted = new Counted();
	/** Which connections are frozen, by their application_name, and until when. */
	#frozen: ((application: string) => boolean) | undefined;
	#thawed: Promise<void> = Promise.resolve();
	#thaw: () => void = () => undefined;
	/** The application of each connection that was asked for, held up or not. */
	readonly arrivals: string[] = [];
	/** How many messages are held up by a freeze. */
	held = 0;

	private constructor(target: { host: string; port: number }) {
		this.#target = target;
		this.#server = net.createServer((client) => this.#connect(client));
	}

	/** Starts one in front of the server of `url`. Resolves with it and the URL that leads through it. */
	static async start(t: Pick<ExecutionContext, 'teardown'>, url: string) {
		const through = new URL(url);
		const proxy = new PostgresProxy({ host: through.hostname, port: Number(through.port) });
		proxy.#server.listen(0, '127.0.0.1');
		await once(proxy.#server, 'listening');
		t.teardown(() => proxy.#close());
		through.host = `127.0.0.1:${(proxy.#server.address() as AddressInfo).port}`;
		return { proxy, url: through.href };
	}

	/**
	 * From now on nothing passes, in either direction, as behind a cable that was pulled, until `thaw`: on all connections or
	 * on those of one application.
	 */
	freeze(application?: string): void {
		this.#frozen = (name) => application === undefined || name === application;
		this.#thawed = new Promise((thaw) => {
			this.#thaw = thaw;
		});
	}

	thaw(): void {
		this.#frozen = undefined;
		this.held = 0;
		this.#thaw();
	}

	/** Resolves when a message of this application may pass. */
	async #mayPass(application: string): Promise<void> {
		while (this.#frozen?.(application)) {
			this.held++;
			await this.#thawed;
		}
	}

	/** From now on connections lead to the server of `url`; those that there are break. */
	lead(url: string): void {
		const { hostname, port } = new URL(url);
		this.#target = { host: hostname, port: Number(port) };
		for (const socket of this.#sockets) socket.destroy();
	}

	#close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#connect(client: Socket): void {
		const server = net.connect(this.#target);
		/** Named in the message that starts the connection. */
		let application = '';
		/** The statement that runs on this connection, and its answer as far as that is held back. */
		let running: { trap: Trap | undefined; answer: Buffer[] } | undefined;
		const end = () => {
			client.destroy();
			server.destroy();
		};
		const fromClient = async (message: Buffer) => {
			if (!application) {
				application = /\0application_name\0([^\0]*)\0/.exec(message.toString('latin1'))?.[1] ?? '';
				this.arrivals.push(application);
			}
			await this.#mayPass(application);
			const text = statementText(message);
			if (text !== undefined) {
				const name = this.#counted.name(statementName(text));
				this.statements.push(name);
				const trap = this.trap(name);
				running = { trap, answer: [] };
				if (trap?.when === 'before') {
					await trap.act();
					if (trap.drops) return end();
				}
			}
			server.write(message);
		};
		const fromServer = async (message: Buffer) => {
			await this.#mayPass(application);
			if (running?.trap?.when !== 'after') return void client.write(message);
			running.answer.push(message);
			if (message[0] !== READY_FOR_QUERY) return;
			const { trap, answer } = running;
			running = undefined;
			await trap.act();
			if (trap.drops) return end();
			await this.#mayPass(application);
			client.write(Buffer.concat(answer));
		};
		this.#pump(client, new Messages(true), fromClient, end);
		this.#pump(server, new Messages(false), fromServer, end);
	}

	/** Takes a socket's messages one after the other. When it ends so does the other one. */
	#pump(socket: Socket, messages: Messages, take: (message: Buffer) => Promise<void>, end: () => void): void {
		let last: Promise<void> = Promise.resolve();
		this.#sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('data', (chunk: Buffer) => {
			for (const message of messages.take(chunk)) {
				last = last.then(() => take(message));
				last.catch(end);
			}
		});
		socket.on('error', end);
		socket.on('close', () => {
			this.#sockets.delete(socket);
			// What a killed client still sent is carried out, as by a server that hears of its end later.
			void last.finally(end).catch(() => undefined);
		});
	}
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/** Cuts a stream of bytes into messages: a type byte and a length, but for a client's first one, which has no type. */
class Messages {
	#rest: Buffer = Buffer.alloc(0);
	#typed: boolean;

	constructor(fromClient: boolean) {
		this.#typed = !fromClient;
	}

	take(chunk: Buffer): Buffer[] {
		this.#rest = Buffer.concat([this.#rest, chunk]);
		const found: Buffer[] = [];
		for (;;) {
			const type = this.#typed ? 1 : 0;
			if (this.#rest.length < type + 4) return found;
			const end = type + this.#rest.readInt32BE(type);
			if (this.#rest.length < end) return found;
			found.push(this.#rest.subarray(0, end));
			this.#rest = this.#rest.subarray(end);
			this.#typed = true;
		}
	}
}

/** The SQL of a Query message, or of a Parse message (after the name of the prepared statement). */
function statementText(message: Buffer): string | undefined {
	const strings = message.subarray(5).toString().split('\0');
	if (message[0] === 'Q'.charCodeAt(0)) return strings[0];
	if (message[0] === 'P'.charCodeAt(0)) return strings[1];
	return undefined;
}

/** The function of ours that a statement calls, else its first words. */
function statementName(sql: string): string {
	return /\b(\w+)\((?:\$|\))/.exec(sql)?.[1] ?? sql.split(/\s+/, 3).join(' ');
}
