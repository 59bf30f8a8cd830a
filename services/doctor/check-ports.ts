import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

/** Whether the ports that the configuration names are free, or already have the service that they are for. */
export async function checkPorts(config: Config): Promise<Omit<Finding, 'part'>[]> {
	const { host, ports } = config.health;
	const health = Object.entries(ports).map(([service, port]) =>
		checkPort({ host, port, service, setting: `health.ports.${service}` }),
	);
	// Of a machine that says which services tell how they are, the others are no matter.
	const runs = (service: 'web' | 'local-sheet') => ports[service] !== undefined || health.length === 0;
	return Promise.all([
		...health,
		...(runs('web') ? [checkPort({ ...config.web, service: 'web', setting: 'web.port' })] : []),
		...(runs('local-sheet')
			? [checkPort({ ...config.localSheet, service: 'local-sheet', setting: 'localSheet.port' })]
			: []),
	]);
}

interface WantedPort {
	host: string;
	port: number;
	service: string;
	setting: string;
}

async function checkPort({ host, port, service, setting }: WantedPort): Promise<Omit<Finding, 'part'>> {
	const where = `Port ${port} on ${host} (${setting})`;
	const error = await listenError(host, port);
	if (error === undefined) return fine(`${where} is free.`);
	if (error.code !== 'EADDRINUSE') {
		return problem(`${where} cannot be listened on: ${error.message}. Correct the address or the port.`);
	}
	if (!setting.startsWith('health.')) {
		return hint(
			`${where} is in use; that is fine if cutsheet ${service} runs here, else give it another one.`,
		);
	}
	const said = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/healthz`, {
		signal: AbortSignal.timeout(2_000),
	}).then(
		(answer) => answer.text(),
		() => '',
	);
	const running = /cutsheet (\S+) runs since (\S+)\./.exec(said);
	if (running?.[1] === service)
		return fine(`${where} is that of cutsheet ${service}, which runs since ${running[2]}.`);
	const whose = running ? `cutsheet ${running[1]}` : 'another program';
	return problem(`${where} is in use by ${whose}. Give ${service} another one.`);
}

async function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
	const server = createServer();
	try {
		server.listen(port, host);
		await once(server, 'listening');
		server.close();
		await once(server, 'close');
		return undefined;
	} catch (error) {
		return error as NodeJS.ErrnoException;
	}
}
