import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { until } from '../support/until.ts';

test('several processes share one embedded server, and the last one to leave stops it', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-embedded-'));
	await chmod(folder, 0o711);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const options = { folder: join(folder, 'postgres'), durable: false };
	const [one, two] = await Promise.all([startEmbeddedPostgres(options), startEmbeddedPostgres(options)]);
	t.is(one!.url, two!.url);

	const client = new pg.Client({ connectionString: one!.url });
	await client.connect();
	await client.query('create table kept (x int)');
	await two!.leave();
	t.is((await client.query('select from kept')).rowCount, 0);
	await client.end();
	await one!.leave();
	const gone = new pg.Client({ connectionString: one!.url });
	await t.throwsAsync(gone.connect());

	const again = await startEmbeddedPostgres(options);
	const back = new pg.Client({ connectionString: again.url });
	await back.connect();
	t.is((await back.query('select from kept')).rowCount, 0);
	await back.end();
	// As a power cut leaves it: the lock file is there, and its process is a stranger by now.
	const lock = join(options.folder, 'data/postmaster.pid');
	const [, ...lines] = (await readFile(lock, 'utf8')).split('\n');
	await again.leave({ always: true });
	await writeFile(lock, ['1', ...lines].join('\n'));
	const after = await startEmbeddedPostgres(options);
	const met = new pg.Client({ connectionString: after.url });
	await met.connect();
	t.is((await met.query('select from kept')).rowCount, 0);
	await met.end();
	await after.leave({ always: true });
});

test('an embedded server that is killed is started again under the same URL, until it is left', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-embedded-'));
	await chmod(folder, 0o711);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const options = { folder: join(folder, 'postgres') };
	const [one, two] = await Promise.all([startEmbeddedPostgres(options), startEmbeddedPostgres(options)]);
	let restarted = 0;
	one!.keepRunning(() => restarted++);
	two!.keepRunning(() => undefined);
	const ask = async (question: string) => {
		const client = new pg.Client({ connectionString: one!.url });
		client.on('error', () => undefined);
		await client.connect();
		return client.query(question).finally(() => client.end());
	};
	await ask('create table kept (x int)');
	const postmaster = async () =>
		Number((await readFile(join(options.folder, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
	const killed = await postmaster();
	process.kill(killed, 'SIGKILL');
	await until(() => restarted > 0, 60);
	t.is((await ask('select from kept')).rowCount, 0);
	t.not(await postmaster(), killed);

	await two!.leave({ always: true });
	await until(() => restarted > 1, 60);
	t.is((await ask('select from kept')).rowCount, 0);
	await one!.leave({ always: true });
	await t.throwsAsync(ask('select from kept'));
});
