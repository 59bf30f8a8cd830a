import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { asActor } from '../../db/actor.ts';
import { openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { eventRow } from '../support/events.ts';
import { until } from '../support/until.ts';
import { checkUploadedOnce } from './check-outcome.ts';
import { longTest } from './extent.ts';
import { jobWorld, PATIENCE_SECONDS, sharedRecording, submittedEvent, untilUploaded } from './job-world.ts';
import { live } from './life.ts';
import { explainedBy } from './node-process.ts';
import { childrenOf, serverFolder, startServer } from './own-server.ts';
import { explained } from './points.ts';
import { PostgresProxy } from './postgres-proxy.ts';
import { checkTold, sheetWorld, submitNew, typeTalks, uploadedCount } from './sheet-world.ts';

// A process stands still (SIGSTOP, a machine that swaps, a virtual one that is moved), with all that it holds, and does not
// know of it when it goes on. (Cutters that stand still are in late-committer.test.ts.)

const recording = await sharedRecording();

longTest(
	'a sheet-sync that stands still is followed by another one, and puts nothing wrong when it goes on',
	async (t) => {
		const world = await sheetWorld(t, recording);
		const first = world.start('first', 'sheet-sync');
		const others = [world.start('local-sheet', 'local-sheet'), world.start('node-1', 'cutter')];
		await explainedBy([first, ...others], () =>
			until(() => /sheet-sync is running/.test(first.output), PATIENCE_SECONDS),
		);
		const second = world.start('second', 'sheet-sync');
		const services = [first, second, ...others];
		await explainedBy(services, () =>
			until(() => /another sheet-sync leads/.test(second.output), PATIENCE_SECONDS),
		);
		first.pause();
		const typed = await explainedBy(services, () => typeTalks(world, 3));
		await explainedBy(services, () =>
			until(async () => {
				await submitNew(world);
				return (await uploadedCount(world)) === 3;
			}, PATIENCE_SECONDS),
		);
		first.continue();
		await explainedBy(services, () =>
			until(() => /sheet-sync does not lead any more/.test(first.output), PATIENCE_SECONDS),
		);
		await checkTold(t, world, typed);
		t.false(services.some(({ ended }) => ended));
	},
);

longTest('a server that stands still for longer than the leases costs nothing but time', async (t) => {
	const folder = await serverFolder(t);
	const data = join(folder, 'server');
	const server = await startServer(t, data);
	await migrate(server.db);
	const world = { ...(await jobWorld(t, 'local', recording)), url: server.url, db: server.db };
	const signalAll = async (signal: 'SIGSTOP' | 'SIGCONT') => {
		const [pid] = (await readFile(join(data, 'data/postmaster.pid'), 'utf8')).split('\n');
		for (const one of [Number(pid), ...(await childrenOf(Number(pid)))]) process.kill(one, signal);
	};
	let stands = false;
	const life = await live(t, world, 'node-1', (seen) => {
		if (seen !== 'sql finalize_event #1' || stands) return undefined;
		const act = async () => {
			stands = true;
			await signalAll('SIGSTOP');
		};
		return { when: 'before', act, drops: false };
	});
	t.teardown(() => signalAll('SIGCONT').catch(() => undefined));
	const id = await submittedEvent(world);
	// Three questions of five seconds of lease: the first one without an answer is given up a minute later.
	await explained([life], () =>
		until(() => stands && /Could not extend the leases/.test(life.node.output), PATIENCE_SECONDS),
	);
	await signalAll('SIGCONT');
	await explained([life], () => untilUploaded(world, id));
	await checkUploadedOnce(t, world, id);
});

longTest('a program that vanishes in the middle of a change keeps nobody from the event', async (t) => {
	const world = await jobWorld(t, 'local', recording);
	const { proxy, url } = await PostgresProxy.start(t, world.url);
	const elsewhere = openDatabase(url, { applicationName: 'web' });
	t.teardown(() => elsewhere.close());
	const id = await submittedEvent(world, 'nobody');
	const vanished = asActor(elsewhere.kysely, 'Ada', async (trx) => {
		await trx
			.updateTable('events')
			.set({ uploader_whitelist: ['somebody'] })
			.where('id', '=', id)
			.execute();
		// Its cable is pulled: what it says from now on does not arrive.
		proxy.freeze();
		await sql`select 1`.execute(trx);
	});
	const lost = t.throwsAsync(vanished);
	await until(() => proxy.held > 0, PATIENCE_SECONDS);
	await world.db.updateTable('events').set({ uploader_whitelist: null }).where('id', '=', id).execute();
	proxy.thaw();
	await lost;
	t.is((await eventRow(world.db, id)).uploader_whitelist, null);
});
