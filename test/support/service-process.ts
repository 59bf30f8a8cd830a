import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { until } from './until.ts';

const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');

/** A `cutsheet` process of a test. */
export interface ServiceProcess {
	child: ChildProcess;
	/** What it has logged so far. */
	log(): string;
	/** Tells it to stop, and waits. Returns its exit code, or the signal that ended it. */
	stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Starts `cutsheet WORDS`; killed when the test is over. What this machine is configured for has no effect. */
export function startService(
	t: Pick<ExecutionContext, 'teardown'>,
	words: string[],
	environment: NodeJS.ProcessEnv = {},
): ServiceProcess {
	const { CUTSHEET_CONFIG: _, DATABASE_URL: __, ...env } = process.env;
	const child = spawn(PROGRAM, words, {
		env: { ...env, ...environment },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let log = '';
	for (const stream of [child.stdout!, child.stderr!]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			log += text;
		});
	}
	const ended = once(child, 'close');
	const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
		if (child.exitCode === null && child.signalCode === null) child.kill(signal);
		await ended;
		return child.exitCode ?? child.signalCode!;
	};
	t.teardown(() => stop('SIGKILL'));
	return { child, log: () => log, stop };
}

/** Writes a configuration file, and returns its path. */
export async function writeConfig(folder: string, name: string, config: object): Promise<string> {
	const file = path.join(folder, `${name}.yaml`);
	await writeFile(file, stringify(config));
	return file;
}

/** Ports of this machine that nobody has at the moment. */
export async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
	await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => once(server.close(), 'close')));
	return ports;
}

/** Waits until an address answers with one of these statuses; rejects with what the service logged. */
export async function answers(url: string, statuses: number[], service: ServiceProcess): Promise<Response> {
	let answer: Response | undefined;
	let last = 'nothing';
	const ask = async () => {
		if (service.child.exitCode !== null) throw new Error(`It has ended: ${service.log()}`);
		const got = await fetch(url).catch(() => undefined);
		if (got && !statuses.includes(got.status)) last = `${got.status} ${await got.text()}`;
		else answer = got;
		return answer !== undefined;
	};
	await until(ask, 60).catch((error: Error) => {
		throw new Error(`${url} answers ${last}, not ${statuses}. ${error.message}\n${service.log()}`);
	});
	return answer!;
}
