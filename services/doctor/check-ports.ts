import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

/** Whether the ports that the configuration names are free, or already have the service that they are for. */
export async function checkPorts(config: Config): Promise<Omit<Finding, 'part'>[]> {
	const { host, ports } = config.health;
	const named = Object.entries(ports) as [Service, number][];
	const health = named.map(([service, port]) =>
		checkPort({ host, port, service, setting: `health.ports.${service}`, telling: { host, port } }),
	);
	// Of a machine that says which services tell how they are, the others are no matter.
	const others = (['web', 'local-sheet'] as const).filter(
		(service) => ports[service] !== undefined || health.length === 0,
	);
	return Promise.all([
		...health,
		...others.map((service) => {
			const setting = service === 'web' ? 'web' : 'localSheet';
			const port = ports[service];
			return checkPort({
				...config[setting],
				service,
				setting: `${setting}.port`,
				...(port !== undefined && { telling: { host, port } }),
			});
		}),
	]);
}

type Service = keyof Config['health']['ports'];

interface Address {
	host: string;
	port: number;
}

interface WantedPort extends Address {
	service: Service;
	setting: string;
	/** Where the service tells how it is, if it does. */
	telling?: Address;
}

async function checkPort(wanted: WantedPort): Promise<Omit<Finding, 'part'>> {
	const { host, port, service, setting, telling } = wanted;
	const where = `Port ${port} on ${host} (${setting})`;
	const error = await listenError(host, port);
	if (error === undefined) return fine(`${where} is free.`);
	if (error.code !== 'EADDRINUSE') {
		return problem(`${where} cannot be listened on: ${error.message}. Correct the address or the port.`);
	}
	const running = telling && (await serviceAt(telling));
	if (running?.service === service) {
		return fine(`${where} is that of cutsheet ${service}, which runs since ${running.since}.`);
	}
	if (!setting.startsWith('health.')) {
		return hint(
			`${where} is in use; that is fine if cutsheet ${service} runs here, else give it another one.`,
		);
	}
	const whose = running ? `cutsheet ${running.service}` : 'another program';
	return problem(`${where} is in use by ${whose}. Give ${service} another one.`);
}

/** Which of our services tells at an address how it is. */
async function serviceAt({ host, port }: Address): Promise<{ service: string; since: string } | undefined> {
	const said = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/healthz`, {
		signal: AbortSignal.timeout(2_000),
	}).then(
		(answer) => answer.text(),
		() => '',
	);
	const [, service, since] = /cutsheet (\S+) runs since (\S+)\./.exec(said) ?? [];
	return service === undefined || since === undefined ? undefined : { service, since };
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
