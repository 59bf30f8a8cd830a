import path from 'node:path';
import test from 'ava';
import { PostgresProxy } from '../../faults/postgres-proxy.ts';
import { createDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/recording.ts';
import { answers, freePorts, startService, writeConfig } from '../../support/service-process.ts';

test('a service that loses its database says that it is not ready, stays alive, and is ready again afterwards', async (t) => {
	const direct = await createDatabase(t);
	const { proxy, url } = await PostgresProxy.start(t, direct.url);
	const folder = await temporaryFolder(t);
	const [port, web] = await freePorts(2);
	const config = await writeConfig(folder, 'web', {
		database: { url },
		web: { port: web },
		health: { ports: { web: port } },
	});
	const service = startService(t, ['web', '--config', config]);
	const at = (what: string) => `http://127.0.0.1:${port}/${what}`;
	await answers(at('readyz'), [200], service);
	proxy.freeze();
	const readiness = await (await answers(at('readyz'), [503], service)).json();
	t.like(readiness, { ready: false, checks: { database: { ok: false, sentence: 'No answer within 5 s.' } } });
	t.is((await fetch(at('healthz'))).status, 200);
	t.regex(await (await fetch(at('metrics'))).text(), /^cutsheet_ready\{check="database"\} 0$/m);
	proxy.thaw();
	await answers(at('readyz'), [200], service);
	t.is(await service.stop(), 0, service.log());
});

test('a service that starts before its database tells that it waits for it', async (t) => {
	const folder = await temporaryFolder(t);
	const [port] = await freePorts(1);
	const config = await writeConfig(folder, 'web', {
		database: { url: 'postgres://127.0.0.1:1/none' },
		health: { ports: { web: port } },
	});
	const service = startService(t, ['web', '--config', config]);
	const readiness = await (await answers(`http://127.0.0.1:${port}/readyz`, [503], service)).json();
	t.like(readiness, {
		checks: { database: { sentence: 'The database has not been reached since the start.' } },
	});
	t.regex(
		await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
		/^cutsheet_ready\{check="database"\} 0$/m,
	);
	t.is(await service.stop(), 0, service.log());
});

test('two services that are given the same port are told which setting to change', async (t) => {
	const { url } = await createDatabase(t);
	const folder = await temporaryFolder(t);
	const [port, sheet] = await freePorts(2);
	const config = await writeConfig(folder, 'sheet', {
		database: { url },
		localSheet: { port: sheet },
		health: { ports: { 'local-sheet': port, 'sheet-sync': port } },
	});
	const first = startService(t, ['local-sheet', '--config', config]);
	await answers(`http://127.0.0.1:${port}/healthz`, [200], first);
	const second = startService(t, ['sheet-sync', '--config', config]);
	await new Promise((resolve) => second.child.once('close', resolve));
	t.is(second.child.exitCode, 2);
	t.regex(
		second.log(),
		/health\.ports\.sheet-sync: cannot listen on 127\.0\.0\.1:\d+: another process has it/,
	);
});

test('a cutter whose location is not there is a mistake in the configuration', async (t) => {
	const { url } = await createDatabase(t);
	const folder = await temporaryFolder(t);
	const config = await writeConfig(folder, 'cutter', {
		database: { url },
		cutter: {
			stateFolder: folder,
			spoolFolder: folder,
			locations: { videos: { kind: 'local', path: path.join(folder, 'videos') } },
		},
	});
	const cutter = startService(t, ['cutter', '--config', config]);
	await new Promise((resolve) => cutter.child.once('close', resolve));
	t.is(cutter.child.exitCode, 2);
	t.regex(
		cutter.log(),
		/cutter\.locations\.videos: The folder \S+ .*does not exist\. Create it, or mount its disk\./,
	);
});
