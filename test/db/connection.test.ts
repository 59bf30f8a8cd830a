import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { feedCursor, readFeed } from '../../db/feed.ts';
import { listen } from '../../db/listen.ts';
import { claimableEvents, claimFirst } from '../../db/transitions/claim.ts';
import { expireLeases } from '../../db/transitions/housekeeping.ts';
import { completeEvent, finalizeEvent, storeUploadSession } from '../../db/transitions/leased.ts';
import { submitEdit } from '../../db/transitions/submit-edit.ts';
import { createDatabase } from '../support/database.ts';
import { eventRow, newEvent, runningNode, VIDEO_END, VIDEO_START } from '../support/events.ts';
import { ForgetfulNetwork } from '../support/forgetful-network.ts';
import { haveTool } from '../support/tool.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

test('the URL asks for TLS and names who vouches for the server; a stranger’s certificate is refused', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-tls-'));
	await chmod(folder, 0o711);
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
	t.teardown(() => server.leave({ always: true }));
	const data = join(folder, 'postgres', 'data');
	const { uid, gid } = await stat(data);
	for (const who of ['server', 'stranger']) {
		const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
		const out = ['-keyout', join(folder, `${who}.key`), '-out', join(folder, `${who}.crt`)];
		await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...out]);
	}
	for (const kind of ['key', 'crt']) {
		const file = join(data, `server.${kind}`);
		await writeFile(file, await readFile(join(folder, `server.${kind}`)), { mode: 0o600 });
		await chown(file, uid, gid);
	}
	const plain = openDatabase(server.url, { applicationName: 'plain', connections: 1 });
	await sql`alter system set ssl = on`.execute(plain.kysely);
	await sql`select pg_reload_conf()`.execute(plain.kysely);
	await plain.close();
	const connect = async (who: string) => {
		const url = `${server.url}?sslmode=verify-full&sslrootcert=${join(folder, `${who}.crt`)}`;
		const database = openDatabase(url, { applicationName: 'tls', connections: 1 });
		try {
			const { rows } = await sql<{ ssl: boolean }>`
				select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(database.kysely);
			return rows[0]!.ssl;
		} finally {
			await database.close();
		}
	};
	await until(() =>
		connect('server').catch((error: Error) => {
			// The reload takes a moment.
			if (!/does not support SSL/.test(error.message)) throw error;
			return false;
		}),
	);
	await t.throwsAsync(connect('stranger'), { message: /self-signed certificate|unable to verify/ });
});

test('times are read as they are, whatever the database is set to', async (t) => {
	const { url, db } = await createDatabase(t);
	const name = sql.id(new URL(url).pathname.slice(1));
	for (const setting of ["datestyle = 'German, DMY'", "timezone = 'America/New_York'"]) {
		await sql`alter database ${name} set ${sql.raw(setting)}`.execute(db);
	}
	const changed = openDatabase(url, { applicationName: 'test', connections: 1 });
	t.teardown(() => changed.close());
	const event = await newEvent(changed.kysely);
	const start = new Date('2026-05-04T03:02:01.500Z');
	await changed.kysely.updateTable('events').set({ start }).where('id', '=', event.id).execute();
	t.deepEqual((await eventRow(changed.kysely, event.id)).start, start);
});

test('a connection that a firewall has forgotten is given up, and another one takes its place', async (t) => {
	const { url } = await createDatabase(t);
	const { network, url: through } = await ForgetfulNetwork.start(t, url);
	const database = openDatabase(through, { applicationName: 'test', connections: 1, answerSeconds: 1 });
	t.teardown(() => database.close());
	const ask = (db: Db) => sql`select 1`.execute(db);
	const silent = { message: 'Query read timeout' };
	await ask(database.kysely);
	network.forget();
	await t.throwsAsync(ask(database.kysely), silent);
	await ask(database.kysely);
	const inTransaction = database.kysely.transaction().execute(async (trx) => {
		await ask(trx);
		network.forget();
		await ask(trx);
	});
	await t.throwsAsync(inTransaction, silent);
	await ask(database.kysely);
});

const POOLER = '/usr/sbin/pgbouncer';
const testWithPooler = haveTool(POOLER, 'pgbouncer') ? test : test.skip;

testWithPooler(
	'everything but LISTEN and leadership works through a pooler in transaction mode',
	async (t) => {
		const { url, db } = await createDatabase(t);
		const target = new URL(url);
		const folder = await mkdtemp(join(tmpdir(), 'cutsheet-pooler-'));
		t.teardown(() => rm(folder, { recursive: true, force: true }));
		const port = await freePort();
		await writeFile(
			join(folder, 'pgbouncer.ini'),
			`[databases]
${target.pathname.slice(1)} = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
			{ mode: 0o644 },
		);
		await chmod(folder, 0o755);
		// It does not run as root either.
		const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
		const pooler = spawn(POOLER, ['-q', join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...asNobody });
		t.teardown(() => pooler.kill('SIGKILL'));
		const pooled = openDatabase(`postgres://postgres@127.0.0.1:${port}${target.pathname}`, {
			applicationName: 'pooled',
			connections: 10,
		});
		t.teardown(() => pooled.close());
		await until(() =>
			sql`select 1`.execute(pooled.kysely).then(
				() => true,
				() => false,
			),
		);

		const nodes = Array.from({ length: 8 }, (_, index) => `node-${index}`);
		const cursor = await feedCursor(pooled.kysely);
		const events = await Promise.all(nodes.map(() => newEvent(pooled.kysely)));
		await Promise.all(
			nodes.map(async (node, index) => {
				const { kysely } = pooled;
				await runningNode(kysely, node);
				const ranges = [{ start: VIDEO_START, end: VIDEO_END }];
				await submitEdit(kysely, events[index]!.id, {
					ranges,
					title: 'T',
					description: '',
					editor: `Editor ${index}`,
				});
			}),
		);
		await Promise.all(
			nodes.map(async (node) => {
				const { kysely } = pooled;
				let claimed: Awaited<ReturnType<typeof claimFirst>>;
				do {
					claimed = await claimFirst(kysely, await claimableEvents(kysely, node, []), node, 60);
				} while (!claimed);
				await storeUploadSession(kysely, claimed.lease, { kind: 'local', attempt: node });
				await finalizeEvent(kysely, claimed.lease);
				await completeEvent(kysely, claimed.lease, { link: `https://v/${node}` });
				t.is((await eventRow(kysely, claimed.event.id)).video_link, `https://v/${node}`);
			}),
		);
		t.is(await expireLeases(pooled.kysely), 0);
		t.is((await readFeed(pooled.kysely, cursor)).eventIds.length, nodes.length);
		// What one says of itself stays in its own transaction.
		const story = await db
			.selectFrom('event_history')
			.select(['actor', 'to_state', sql<string | null>`changes -> 'uploader' ->> 1`.as('uploader')])
			.execute();
		for (const { actor, to_state, uploader } of story) {
			if (to_state === 'CLAIMED' && uploader) t.is(actor, uploader);
		}
		await newEvent(pooled.kysely);
		const { rows } = await sql<{ actor: string | null }>`
		select actor from event_history order by seq desc limit 1`.execute(db);
		t.is(rows[0]!.actor, null);

		const connected = Promise.withResolvers<void>();
		const deaf = listen(`postgres://postgres@127.0.0.1:${port}${target.pathname}`, {
			channels: ['event_edited'],
			onNotification: () => undefined,
			onConnected: connected.resolve,
		});
		t.teardown(() => deaf.close());
		await connected.promise;
		t.false(await deaf.hears(db, 1_000));
	},
);

function freePort(): Promise<number> {
	return new Promise((found) => {
		const server = createServer();
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => found(typeof address === 'object' && address ? address.port : 0));
		});
	});
}
