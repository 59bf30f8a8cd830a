import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/**
 * A firewall, or an address translator, between a program and its server. When it forgets the connections that there are,
 * nothing of them passes any more, in either direction and for ever, and neither side is told; new ones are as good as ever.
 */
export class ForgetfulNetwork {
	readonly #server: net.Server;
	readonly #target: { host: string; port: number };
	readonly #sockets = new Set<Socket>();
	#remembered = new Set<Socket>();

	private constructor(target: { host: string; port: number }) {
		this.#target = target;
		this.#server = net.createServer((client) => this.#connect(client));
	}

	/** Puts one in front of the server of `url`. Resolves with it and the URL that leads through it. */
	static async start(
		t: Pick<ExecutionContext, 'teardown'>,
		url: string,
	): Promise<{ network: ForgetfulNetwork; url: string }> {
		const through = new URL(url);
		const network = new ForgetfulNetwork({ host: through.hostname, port: Number(through.port) });
		network.#server.listen(0, '127.0.0.1');
		await once(network.#server, 'listening');
		t.teardown(() => {
			network.#server.close();
			for (const socket of network.#sockets) socket.destroy();
		});
		through.host = `127.0.0.1:${(network.#server.address() as AddressInfo).port}`;
		return { network, url: through.href };
	}

	forget(): void {
		this.#remembered = new Set();
	}

	#connect(client: Socket): void {
		const server = net.connect(this.#target);
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			this.#sockets.add(from);
			this.#remembered.add(from);
			from.on('data', (bytes) => {
				if (this.#remembered.has(from)) to.write(bytes);
			});
			from.on('error', () => undefined);
			from.on('close', () => {
				if (this.#remembered.has(from)) to.destroy();
				this.#sockets.delete(from);
			});
		}
	}
}
