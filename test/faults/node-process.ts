import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

const CUTSHEET = join(import.meta.dirname, '../../services/bin/cutsheet');

/** A real service, run as an operator runs it, that can be killed, stopped and continued. */
export class NodeProcess {
	readonly name: string;
	readonly #child: ChildProcess;
	readonly #closed: Promise<unknown>;
	#output = '';
	/** Whether it was killed by `kill`. */
	killed = false;

	/** Starts a service, a cutter unless told, with this configuration file. `databaseUrl` may lead through a proxy. */
	constructor(
		t: Pick<ExecutionContext, 'teardown'>,
		{
			name,
			config,
			databaseUrl,
			service = 'cutter',
			words = [],
			environment = {},
		}: {
			name: string;
			config: string;
			databaseUrl: string;
			service?: 'cutter' | 'sheet-sync' | 'local-sheet' | 'record';
			words?: string[];
			environment?: Record<string, string>;
		},
	) {
		this.name = name;
		this.#child = spawn(CUTSHEET, [service, ...words, '--config', config], {
			env: {
				...process.env,
				DATABASE_URL: databaseUrl,
				CUTSHEET_NODE: name,
				...environment,
			},
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		this.#closed = once(this.#child, 'close');
		for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
			stream.on('data', (text) => {
				this.#output += String(text);
			});
		}
		t.teardown(async () => {
			this.kill();
			await this.#closed;
		});
	}

	/** All that it has said, for whoever has to find out what went wrong. */
	get output(): string {
		return `--- ${this.name}\n${this.#output}`;
	}

	get ended(): boolean {
		return this.#child.exitCode !== null || this.#child.signalCode !== null;
	}

	/** SIGKILL: at once, wherever it is. */
	kill(): void {
		this.killed = !this.ended;
		this.#child.kill('SIGKILL');
	}

	/** SIGSTOP: it stands still, and does not know. */
	pause(): void {
		this.#child.kill('SIGSTOP');
	}

	/** SIGCONT. */
	continue(): void {
		this.#child.kill('SIGCONT');
	}
}

/** Adds to a failure what these services said. */
export async function explainedBy<T>(nodes: readonly NodeProcess[], wait: () => Promise<T>): Promise<T> {
	try {
		return await wait();
	} catch (error) {
		const stories = nodes.map(({ output }) => output);
		throw new Error([(error as Error).message, ...stories].join('\n'), { cause: error });
	}
}
