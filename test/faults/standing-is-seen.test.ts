import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import pino from 'pino';
import type { Page } from 'playwright-core';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { startWeb } from '../../services/web/server.ts';
import { WORLDS } from '../cutter/upload/worlds.ts';
import { eventRow, runningNode } from '../support/events.ts';
import { openPage, withChromium } from '../support/page.ts';
import { temporaryFolder } from '../support/recording.ts';
import { until } from '../support/until.ts';
import { freePort, signIn, type TestWeb, testConfig } from '../support/web.ts';
import { longTest } from './extent.ts';
import {
	type JobWorld,
	jobWorld,
	PATIENCE_SECONDS,
	type Recording,
	recordOnce,
	submittedEvent,
	untilUploaded,
} from './job-world.ts';
import { explainedBy, NodeProcess } from './node-process.ts';

// Whatever an event waits for, the operator's first page and the status say who it waits for, and what to do.

const run = promisify(execFile);
const CUTSHEET = join(import.meta.dirname, '../../services/bin/cutsheet');

const chromium = withChromium(test);

type Environment = Record<string, string>;

/** A world with an operator who has the first page open. */
class Watched {
	readonly t: ExecutionContext;
	readonly world: JobWorld;
	readonly page: Page;
	readonly processes: NodeProcess[] = [];

	private constructor(t: ExecutionContext, world: JobWorld, page: Page) {
		this.t = t;
		this.world = world;
		this.page = page;
	}

	static async open(t: ExecutionContext, recording: Recording): Promise<Watched> {
		const world = await jobWorld(t, 'http', recording);
		const web = await startWeb({ db: world.db, config: testConfig(), log: pino({ level: 'silent' }) });
		t.teardown(() => web.close());
		const ada = await signIn(world.db, web.url, 'operator', 'Ada');
		const { page } = await openPage(t, chromium.browser, { url: web.url } as TestWeb, ada, '/');
		const settings = JSON.parse(await readFile(world.config, 'utf8'));
		const sheet = { pollSeconds: 0.5, readsPerMinute: 6_000, writesPerMinute: 6_000 };
		// As late as can be: others take ports meanwhile.
		const localSheet = { port: await freePort() };
		await writeFile(world.config, JSON.stringify({ ...settings, sheet, localSheet }));
		return new Watched(t, world, page);
	}

	start(
		name: string,
		service: 'cutter' | 'sheet-sync' | 'local-sheet' = 'cutter',
		{ config = this.world.config, environment = {} }: { config?: string; environment?: Environment } = {},
	): NodeProcess {
		const { url } = this.world;
		const node = new NodeProcess(this.t, { name, config, databaseUrl: url, service, environment });
		this.processes.push(node);
		return node;
	}

	/** Submitted so long ago that its row says what it waits for. */
	async waiting(): Promise<string> {
		const id = await submittedEvent(this.world);
		await this.grow(id);
		return id;
	}

	async grow(id: string): Promise<void> {
		await sql`update events set edited_at = now() - interval '1 minute' where id = ${id}`.execute(
			this.world.db,
		);
	}

	async set(id: string, columns: Record<string, unknown>): Promise<void> {
		await this.world.db.updateTable('events').set(columns).where('id', '=', id).execute();
	}

	/** Both say so: the page, above the list or in the row, and the status. */
	async saysSo(sentence: RegExp): Promise<void> {
		const where = this.page.locator('.attention > .notice, .event .title em').filter({ hasText: sentence });
		await explainedBy(this.processes, () => where.first().waitFor({ timeout: PATIENCE_SECONDS * 1_000 }));
		this.t.regex(await this.status(), sentence);
	}

	async saysNoMore(sentence: RegExp): Promise<void> {
		const where = this.page.locator('.attention > .notice, .event .title em').filter({ hasText: sentence });
		await explainedBy(this.processes, () => until(async () => (await where.count()) === 0, PATIENCE_SECONDS));
		this.t.notRegex(await this.status(), sentence);
	}

	/** The lease on the only event has been extended since, but the work has been silent for so long. */
	async silentFor(interval: string): Promise<void> {
		const { db } = this.world;
		const leased = () =>
			db
				.selectFrom('leases')
				.select(['expires_at', 'moved_at', 'progress'])
				.where('released_at', 'is', null)
				.executeTakeFirstOrThrow();
		await sql`update leases set moved_at = now() - ${interval}::interval where released_at is null`.execute(
			db,
		);
		const before = await leased();
		await explainedBy(this.processes, () =>
			until(async () => (await leased()).expires_at! > before.expires_at!, PATIENCE_SECONDS),
		);
		const { expires_at: _, ...still } = await leased();
		this.t.like(before, still);
	}

	async uploaded(id: string): Promise<void> {
		await explainedBy(this.processes, () => untilUploaded(this.world, id));
	}

	private async status(): Promise<string> {
		const { config, url } = this.world;
		const env = { ...process.env, DATABASE_URL: url };
		return (await run(CUTSHEET, ['status', '--config', config], { env })).stdout;
	}
}

async function watched(t: ExecutionContext): Promise<Watched> {
	t.timeout(600_000);
	const recording = await recordOnce();
	t.teardown(recording.remove);
	return Watched.open(t, recording);
}

longTest('an operator sees which node, name or location an event waits for', async (t) => {
	const seen = await watched(t);
	const { world } = seen;
	const id = await seen.waiting();
	await seen.saysSo(/1 event waits to be cut, and no cutter node runs\. Start one/);
	await seen.set(id, { uploader_whitelist: ['south'] });
	const north = seen.start('north');
	await seen.saysSo(/[Oo]nly south may cut it, and no such node (is running|runs)/);
	await seen.saysNoMore(/no cutter node runs/);
	await seen.set(id, { uploader_whitelist: null, upload_location: 'attic' });
	await seen.saysSo(/[Nn]o running cutter has upload location .attic./);
	await seen.set(id, { upload_location: 'main' });
	await seen.uploaded(id);

	const twin = seen.start('north');
	await seen.saysSo(/Two processes run under the node name north\. Stop one of them/);
	twin.kill();
	await sql`update nodes set doubled_at = now() - interval '2 minutes'`.execute(world.db);
	await seen.saysNoMore(/Two processes/);

	const other = join(dirname(world.config), 'other.yaml');
	const settings = JSON.parse(await readFile(world.config, 'utf8'));
	settings.cutter.locations.main = (await WORLDS.local(t)).config;
	await writeFile(other, JSON.stringify(settings));
	const south = seen.start('south', 'cutter', { config: other });
	await seen.saysSo(
		/configures upload location "main" differently from north; make their configurations alike\./,
	);
	south.kill();
	t.false(north.ended);
});

longTest(
	'an operator sees what an event waits for on the disk, at its location, and in the database',
	async (t) => {
		const seen = await watched(t);
		const { world } = seen;
		const { base, channel, quality } = world.recording.store;
		const hour = join(base, channel, quality, '2026-05-01T12');
		const segment = join(hour, (await readdir(hour)).sort()[2]!);
		await rename(segment, `${segment}.away`);
		seen.start('north');
		const id = await seen.waiting();
		await seen.saysSo(
			/Waits for segments: north lacks 2\.000 s .* Set “Allow holes” to cut it without them\./,
		);

		const { server } = world.place;
		server!.fault = (_, { method }) =>
			method === 'PUT'
				? { when: 'before', how: 'answer', answer: { status: 429, headers: { 'retry-after': '2' } } }
				: undefined;
		await rename(`${segment}.away`, segment);
		await seen.saysSo(/takes no more for now \(429\)/);

		server!.fault = (_, { method }) =>
			method === 'PUT' ? { when: 'before', how: 'answer', answer: { status: 500 } } : undefined;
		await seen.saysSo(/north can do nothing for an upload location now, .*500/);

		// The video was sent; whether it is published nobody says any more.
		server!.fault = async () =>
			(await eventRow(world.db, id)).state === 'FINALIZING'
				? { when: 'after', how: 'answer', answer: { status: 503 } }
				: undefined;
		await seen.saysSo(/It is not known whether this was uploaded: .*503/);
		t.is((await eventRow(world.db, id)).state, 'FINALIZING');
		server!.fault = () => undefined;
		await seen.set(id, { next_try_at: null });
		await seen.uploaded(id);

		await runningNode(world.db, 'gone', ['main']);
		await sql`update nodes set awaited_since = now() where name = 'gone'`.execute(world.db);
		const next = await seen.waiting();
		await seen.saysSo(
			/Nothing is published: .* gone must first say what was published before\. .*stop_awaiting/,
		);
		await sql`select stop_awaiting('gone')`.execute(world.db);
		await seen.uploaded(next);
		await seen.saysNoMore(/Nothing is published/);
	},
);

longTest('an operator sees that the sheet does not answer, and that nobody keeps it in step', async (t) => {
	const seen = await watched(t);
	const { db } = seen.world;
	const sheet = seen.start('sheet', 'local-sheet');
	const sync = seen.start('sync', 'sheet-sync');
	await explainedBy(seen.processes, () =>
		until(
			async () => (await db.selectFrom('sheet_syncs').select('in_step_at').execute())[0]?.in_step_at != null,
			PATIENCE_SECONDS,
		),
	);
	sheet.kill();
	await seen.saysSo(
		/sheet-sync has not been able to keep the sheet cutsheet in step for .*Cannot reach http/,
	);
	seen.start('sheet', 'local-sheet');
	await seen.saysNoMore(/sheet-sync/);

	sync.kill();
	await sql`update sheet_syncs set seen_at = now() - interval '10 minutes'`.execute(db);
	await seen.saysSo(/Nobody keeps the sheet cutsheet in step: sheet-sync has not been heard of for 10 min/);
	seen.start('sync', 'sheet-sync');
	await seen.saysNoMore(/Nobody keeps/);
});

longTest('an operator sees that an ffmpeg hangs, and that it goes on', async (t) => {
	const seen = await watched(t);
	const folder = await temporaryFolder(t);
	const [program, stopped] = [join(folder, 'ffmpeg'), join(folder, 'stopped')];
	const { ffmpeg } = await findFfmpeg();
	// The first one to be started on pictures stands still before it has read any.
	const stop = `if ( set -C; echo $$ > '${stopped}' ) 2>/dev/null; then kill -STOP $$; fi`;
	await writeFile(program, `#!/bin/sh\ncase "$*" in *pipe:*) ${stop};; esac\nexec '${ffmpeg}' "$@"\n`, {
		mode: 0o755,
	});
	seen.start('north', 'cutter', { environment: { FFMPEG_PATH: program } });
	const id = await seen.waiting();
	await explainedBy(seen.processes, () =>
		until(async () => (await readFile(stopped, 'utf8').catch(() => '')) !== '', PATIENCE_SECONDS),
	);
	const pid = Number(await readFile(stopped, 'utf8'));
	t.teardown(() => {
		// The node is over by then, and has taken it along.
		if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
	});
	await seen.silentFor('6 minutes');
	await seen.saysSo(
		/north has got no further for 6 min with (cutting|checking) .* Look at the disks of north/,
	);
	t.is((await eventRow(seen.world.db, id)).state, 'CLAIMED');
	process.kill(pid, 'SIGCONT');
	await seen.uploaded(id);
	await seen.saysNoMore(/got no further/);
});

longTest('an operator sees that a location takes a video and says nothing', async (t) => {
	const seen = await watched(t);
	const { world } = seen;
	seen.start('north');
	let silent = true;
	world.place.server!.fault = (_, { method, body }) =>
		silent && method === 'PUT' && body.length > 1_000 ? { when: 'before', how: 'silence' } : undefined;
	const id = await seen.waiting();
	await explainedBy(seen.processes, () =>
		until(async () => {
			const lease = await world.db
				.selectFrom('leases')
				.select('progress')
				.where('released_at', 'is', null)
				.executeTakeFirst();
			return lease?.progress?.stage === 'uploading' && lease.progress.percent === 100;
		}, PATIENCE_SECONDS),
	);
	await seen.silentFor('40 minutes');
	await seen.saysSo(
		/north has got no further for 40 min with sending .* to upload location “main” \(100 %\)\. Look at that location/,
	);
	silent = false;
	// What was silent for a minute is tried again.
	await seen.uploaded(id);
	await seen.saysNoMore(/got no further/);
});
