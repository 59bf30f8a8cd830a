import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/recording.ts';
import { freePorts, startService, writeConfig } from '../../support/service-process.ts';
import { until } from '../../support/until.ts';

/** Takes datagrams of a socket in the file system, which Node cannot, and prints them. perl is part of every Debian. */
const RECEIVER = `
	use Socket; $| = 1;
	socket(S, PF_UNIX, SOCK_DGRAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die;
	while (defined recv(S, my $message, 4096, 0)) { print "$message\\n" }`;

/** Listens where systemd would. Returns the socket and what has come so far. */
async function serviceManagerSocket(t: ExecutionContext): Promise<{ socket: string; told: () => string }> {
	const socket = path.join(await temporaryFolder(t), 'notify');
	const receiver = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
	t.teardown(() => receiver.kill());
	let told = '';
	receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
		told += text;
	});
	await until(() => existsSync(socket));
	return { socket, told: () => told };
}

test('systemd is told when a service works, that it lives, and that it stops', async (t) => {
	const { url } = await createDatabase(t);
	const { socket, told } = await serviceManagerSocket(t);
	const [port] = await freePorts(1);
	const config = await writeConfig(await temporaryFolder(t), 'sheet', {
		database: { url },
		localSheet: { port },
	});
	const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '300000' };
	const service = startService(t, ['local-sheet', '--config', config], environment);
	await until(() => /^READY=1$/m.test(told()));
	t.is((await fetch(`http://127.0.0.1:${port}/`)).status, 200, 'ready means that it answers');
	await until(() => [...told().matchAll(/^WATCHDOG=1$/gm)].length >= 3);
	t.is(await service.stop(), 0, service.log());
	await until(() => /^STOPPING=1$/m.test(told()));
});

test('a service whose database is not there yet asks systemd for patience, and waits', async (t) => {
	const { socket, told } = await serviceManagerSocket(t);
	const [port] = await freePorts(1);
	const url = `postgres://nobody@127.0.0.1:${port}/none`;
	const config = await writeConfig(await temporaryFolder(t), 'sheet', { database: { url } });
	const service = startService(t, ['sheet-sync', '--config', config], { NOTIFY_SOCKET: socket });
	await until(() => /^EXTEND_TIMEOUT_USEC=\d+$/m.test(told()));
	t.false(told().includes('READY=1'));
	t.regex(service.log(), /cannot be reached \(ECONNREFUSED\).* Trying again in 1 s\./);
	t.is(await service.stop(), 0, service.log());
});
