import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = path.join(import.meta.dirname, '..', 'bin', 'cutsheet');

/** A service that ended is started again after this long: one that cannot start must not keep the machine busy. */
const RESTART_MS = 1_000;

/** After this long without an end, a process that was told to stop is killed. */
const STOP_SECONDS = 20;

/** The real commands as real processes, as an operator would run them, each with its log in a file. */
export class Processes {
	readonly #folder: string;
	readonly #environment: NodeJS.ProcessEnv;
	readonly #running = new Map<string, ChildProcess>();
	#stopping = false;
	#restarted: ((sentence: string) => void) | undefined;
	/** Rejects when one of them ends by itself, unless they are kept running. */
	readonly failure: Promise<never>;
	#fail: (error: Error) => void = () => undefined;

	/** `folder`: for the logs. `environment`: of all of them. */
	constructor(folder: string, environment: NodeJS.ProcessEnv) {
		this.#folder = folder;
		this.#environment = environment;
		this.failure = new Promise((_, reject) => {
			this.#fail = reject;
		});
		this.failure.catch(() => undefined);
	}

	/** From now on one that ends by itself is started again, as an operator's service manager would; `say` is told. */
	keepRunning(say: (sentence: string) => void): void {
		this.#restarted = say;
	}

	/** The process ids of those that run, by name. */
	get ids(): Map<string, number> {
		return new Map([...this.#running].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]])));
	}

	/** Starts `cutsheet WORDS` in the background; `name` is that of its log. */
	async start(name: string, words: string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
		await mkdir(this.#folder, { recursive: true });
		const file = path.join(this.#folder, `${name}.log`);
		const log = await open(file, 'a');
		if (this.#stopping) return log.close();
		const child = spawn(PROGRAM, words, {
			env: { ...this.#environment, ...environment },
			stdio: ['ignore', log.fd, log.fd],
			// Ctrl-C is for the demo, which stops them in order.
			detached: true,
		});
		await log.close();
		this.#running.set(name, child);
		const killHard = () => child.kill('SIGKILL');
		process.once('exit', killHard);
		child.once('exit', async (code, signal) => {
			process.off('exit', killHard);
			this.#running.delete(name);
			if (this.#stopping) return;
			if (this.#restarted) {
				this.#restarted(`${name} has ended (${signal ?? `exit code ${code}`}); starting it again`);
				await sleep(RESTART_MS);
				if (!this.#stopping) await this.start(name, words, environment);
				return;
			}
			const end = (await readFile(file, 'utf8')).trim().split('\n').slice(-5).join('\n');
			this.#fail(
				new Error(`cutsheet ${words[0]} ended by itself (exit code ${code}). The end of ${file}:\n${end}`),
			);
		});
	}

	/** Runs `cutsheet WORDS` to its end and returns what it printed. Rejects with what it complained about. */
	async run(words: string[]): Promise<string> {
		const child = spawn(PROGRAM, words, {
			env: this.#environment,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const [printed, complaints] = await Promise.all([
			text(child.stdout),
			text(child.stderr),
			new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)),
		]);
		if (child.exitCode !== 0) throw new Error(complaints.trim());
		return printed.trim();
	}

	/** Stops all of them as an operator would, and waits. */
	async stop(): Promise<void> {
		this.#stopping = true;
		await Promise.all(
			[...this.#running.values()].map(async (child) => {
				const ended = new Promise((resolve) => child.once('exit', resolve));
				const patience = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000);
				child.kill('SIGTERM');
				await ended;
				clearTimeout(patience);
			}),
		);
	}
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
	let all = '';
	for await (const chunk of stream) all += String(chunk);
	return all;
}
