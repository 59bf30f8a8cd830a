import { copyFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { UploadError, type UploadLocation, type UploadSession } from '../../../cutter/upload/location.ts';
import type { Fault } from '../../support/faulty-server.ts';
import { folderOf, WORLDS, type World } from './worlds.ts';

// What every kind of location promises, whatever it is made of.

const VIDEO = { title: 'Opening "talk" & <größe>/../日本語', description: 'Über\nalles' };
/** YouTube takes no <>, and the database refuses such an edit. */
const videoFor = (kind: World['kind']) =>
	kind === 'youtube' ? { ...VIDEO, title: VIDEO.title.replace(/[<>]/g, '') } : VIDEO;
const never = new AbortController().signal;
/** More than one chunk of YouTube's; compared byte by byte. */
const BYTES = Buffer.from(Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7919) >> 5));

/** A file of a finished cut, where the location wants it. */
async function cutFor(
	t: ExecutionContext,
	location: UploadLocation,
	session: UploadSession,
): Promise<string> {
	const file = location.spoolFile(session) ?? join(await folderOf(t), 'video.ts');
	await writeFile(file, BYTES);
	return file;
}

/** An attempt up to, but without, the commit. */
async function sent(t: ExecutionContext, world: World, location: UploadLocation) {
	const session = await location.begin(videoFor(world.kind));
	const file = await cutFor(t, location, session);
	await location.send(session, file, never);
	// As it comes back from the database.
	return { session: JSON.parse(JSON.stringify(session)) as UploadSession, file };
}

/** A whole upload, as far as it comes. Every error must be one of ours, and a sentence. */
async function tryToPublish(t: ExecutionContext, world: World) {
	const location = await world.open();
	const tried: { location: UploadLocation; session?: UploadSession; file?: string; done: boolean } = {
		location,
		done: false,
	};
	try {
		tried.session = await location.begin(videoFor(world.kind));
		tried.file = await cutFor(t, location, tried.session);
		await location.send(tried.session, tried.file, never);
		await location.commit(tried.session, videoFor(world.kind), tried.file);
		tried.done = true;
	} catch (error) {
		t.true(error instanceof UploadError, String(error));
		t.regex((error as Error).message, /^[A-Z].*\.$/s);
	}
	return tried;
}

/** Lets others go first, for a moment of random length. */
async function dawdle(most: number): Promise<void> {
	for (let turn = Math.random() * most; turn > 0; turn--) await new Promise((next) => setImmediate(next));
}

for (const [kind, make] of Object.entries(WORLDS) as [World['kind'], (typeof WORLDS)['local']][]) {
	const video = videoFor(kind);
	const fact = (title: string, check: (t: ExecutionContext, world: World) => Promise<void>) =>
		test(`${kind}: ${title}`, async (t) => {
			const world = await make(t);
			await check(t, world);
			t.deepEqual(world.server?.complaints ?? [], []);
		});

	fact('nothing can be seen before the commit, and the whole video after it', async (t, world) => {
		const location = await world.open();
		const { session, file } = await sent(t, world, location);
		t.deepEqual(await world.published(), []);
		const publication = await location.commit(session, video, file);
		const [only, ...more] = await world.published();
		t.deepEqual(more, []);
		t.is(only!.videoId, publication.videoId);
		t.true(BYTES.equals(only!.bytes));
		t.deepEqual(publication.told, video);
		t.deepEqual(await world.remains(), []);
	});

	fact('it tells how much is sent, up to all but the commit', async (t, world) => {
		const location = await world.open();
		const session = await location.begin(video);
		const file = await cutFor(t, location, session);
		const told: [sent: number, size: number][] = [];
		await location.send(session, file, never, (...one) => told.push(one));
		t.true(told.every(([, size]) => size === BYTES.length));
		const all = told.map(([sent]) => sent);
		t.deepEqual(
			all,
			all.toSorted((a, b) => a - b),
		);
		const last = all.at(-1)!;
		t.true(last <= BYTES.length && last > BYTES.length - 256 * 1024, `${last} of ${BYTES.length}`);
	});

	fact('two videos of one title are two videos', async (t, world) => {
		const location = await world.open();
		const first = await sent(t, world, location);
		const second = await sent(t, world, location);
		const links = [
			(await location.commit(first.session, video, first.file)).link,
			(await location.commit(second.session, video, second.file)).link,
		];
		t.is(new Set(links).size, 2);
		t.is((await world.published()).length, 2);
	});

	fact('a committed upload resolves to its publication, by another instance, each time', async (t, world) => {
		const location = await world.open();
		const { session, file } = await sent(t, world, location);
		const publication = await location.commit(session, video, file);
		const other = await world.open();
		for (let times = 0; times < 2; times++) {
			t.deepEqual(await other.resolve(session, video), { outcome: 'committed', publication });
		}
		t.is((await world.published()).length, 1);
	});

	fact('what was not committed is absent, and can no longer be committed', async (t, world) => {
		const location = await world.open();
		const { session, file } = await sent(t, world, location);
		const other = await world.open();
		t.deepEqual(await other.resolve(session, video), { outcome: 'absent' });
		await t.throwsAsync(location.commit(session, video, file), { instanceOf: UploadError });
		t.deepEqual(await world.published(), []);
		t.deepEqual(await world.remains(), []);
		t.deepEqual(await other.resolve(session, video), { outcome: 'absent' });
	});

	fact('discarding leaves nothing of an attempt, and never fails', async (t, world) => {
		const location = await world.open();
		const { session, file } = await sent(t, world, location);
		await location.discard(session);
		t.deepEqual(await world.remains(), []);
		await location.discard(session);
		await t.throwsAsync(location.commit(session, video, file), { instanceOf: UploadError });
		await world.server?.close();
		await location.discard(session);
	});

	fact('a commit never replaces what is there', async (t, world) => {
		if (!world.occupy) {
			t.pass('names are not ours to choose');
			return;
		}
		const location = await world.open();
		const { session, file } = await sent(t, world, location);
		await world.occupy(session);
		await t.throwsAsync(location.commit(session, video, file), { instanceOf: UploadError });
		const [only] = await world.published();
		t.is(only!.bytes.toString(), 'somebody else’s');
	});

	fact('a resolver and a committer at once agree', async (t, world) => {
		const location = await world.open();
		const resolver = await world.open();
		if (world.server) world.server.pace = () => dawdle(8);
		const seen = { committed: 0, absent: 0 };
		for (let round = 0; round < 24; round++) {
			const before = (await world.published()).length;
			const { session, file } = await sent(t, world, location);
			const [resolution] = await Promise.all([
				dawdle(60).then(() => resolver.resolve(session, video)),
				dawdle(60)
					.then(() => location.commit(session, video, file))
					.catch((error: unknown) => t.true(error instanceof UploadError, String(error))),
			]);
			const there = (await world.published()).length - before;
			t.is(resolution.outcome, there === 1 ? 'committed' : 'absent', `round ${round}`);
			seen[resolution.outcome as 'committed' | 'absent'] += 1;
		}
		t.log(seen);
	});

	fact('another place under the same name knows nothing', async (t, world) => {
		const location = await world.open();
		const { session } = await sent(t, world, location);
		await world.replacePlace();
		const resolution = await (await world.open()).resolve(session, video);
		t.is(resolution.outcome, 'unknown');
		t.regex((resolution as { reason: string }).reason, /upload location "main".* the upload began\. .*\.$/i);
	});

	fact('a session of another kind is refused', async (t, world) => {
		const location = await world.open();
		const session = { ...(await location.begin(video)), kind: 'carrier pigeon' };
		const file = join(await folderOf(t), 'video.ts');
		await copyFile(import.meta.filename, file);
		await t.throwsAsync(async () => location.commit(session, video, file), {
			instanceOf: UploadError,
			message: /The upload session in the row is not one of /,
		});
	});

	if (kind === 'local') continue;

	const FAULTS: Fault[] = (['before', 'after'] as const).flatMap((when): Fault[] => [
		{ when, how: 'cut' },
		{ when, how: 'answer', answer: { status: 503, headers: { 'content-type': 'text/plain' } } },
	]);
	for (const { lasting, title } of [
		{ lasting: false, title: 'one exchange that fails' },
		{ lasting: true, title: 'a server that fails from some exchange on and comes back' },
	]) {
		for (const fault of FAULTS) {
			test(`${kind}: ${title} (${fault.how}, ${fault.when} its effect) ends in a state that resolve tells truly`, async (t) => {
				const outcomes: string[] = [];
				let hits = 1;
				for (let failing = 0; hits > 0; failing++) {
					// A new place each time, which also has to be given its identity.
					const world = await make(t);
					const server = world.server!;
					hits = 0;
					server.fault = (number) => {
						const hit = lasting ? number >= failing : number === failing;
						if (hit) hits += 1;
						return hit ? fault : undefined;
					};
					const tried = await tryToPublish(t, world);
					server.fault = () => undefined;
					const there = (await world.published()).length;
					t.true(tried.done ? there === 1 : there <= 1, `published ${there} times`);
					if (!tried.session) continue;
					const { outcome } = await (await world.open()).resolve(tried.session, video);
					t.is(outcome, there === 1 ? 'committed' : 'absent', `exchange ${failing}`);
					outcomes.push(outcome);
					if (outcome === 'absent' && tried.file !== undefined) {
						await t.throwsAsync(tried.location.commit(tried.session, video, tried.file), {
							instanceOf: UploadError,
						});
					}
					t.is((await world.published()).length, there);
					t.deepEqual(server.complaints, []);
				}
				t.log(outcomes.join(' '));
				t.true(outcomes.includes('committed'));
				t.true(lasting ? outcomes.includes('absent') : outcomes.length > 3);
			});
		}
	}

	fact('a sending that goes on after an interruption tells the truth again, to the end', async (t, world) => {
		const location = await world.open();
		const session = await location.begin(video);
		const file = await cutFor(t, location, session);
		const server = world.server!;
		let fails = true;
		server.fault = (_, { method }) => {
			if (method !== 'PUT' || !fails) return undefined;
			fails = false;
			return { when: 'after', how: 'cut' };
		};
		const told: number[] = [];
		await location.send(session, file, never, (sent) => told.push(sent));
		t.false(fails);
		t.true(
			told.every((sent) => sent >= 0 && sent <= BYTES.length),
			told.join(' '),
		);
		t.true(told.at(-1)! > BYTES.length - 256 * 1024, told.join(' '));
	});

	fact('a resolver whose exchanges fail says that it does not know, or the truth', async (t, world) => {
		const server = world.server!;
		const location = await world.open();
		for (const commits of [true, false]) {
			for (const fault of FAULTS) {
				for (let failing = 0, hits = 1; hits > 0; failing++) {
					const { session, file } = await sent(t, world, location);
					if (commits) await location.commit(session, video, file);
					const truth = commits ? 'committed' : 'absent';
					const first = server.exchanges.length;
					hits = 0;
					server.fault = (number) => {
						if (number < first + failing) return undefined;
						hits += 1;
						return fault;
					};
					const resolution = await (await world.open()).resolve(session, video);
					if (resolution.outcome === 'unknown') t.regex(resolution.reason, /^[A-Z].*\.$/s);
					else t.is(resolution.outcome, truth);
					server.fault = () => undefined;
					t.is((await (await world.open()).resolve(session, video)).outcome, truth);
				}
			}
		}
	});

	fact('a server that says nothing is given up after the configured silence', async (t, world) => {
		const impatient = await world.open({ tries: 1, firstPauseMs: 1, silenceMs: 300 });
		world.server!.fault = () => ({ when: 'before', how: 'silence' });
		await t.throwsAsync(impatient.begin(video), { instanceOf: UploadError });
	});

	fact('sending stops when it is told to', async (t, world) => {
		const location = await world.open();
		const session = await location.begin(video);
		const file = await cutFor(t, location, session);
		const stop = new AbortController();
		world.server!.fault = () => {
			stop.abort(new Error('The node is stopping.'));
			return { when: 'before', how: 'silence' };
		};
		await t.throwsAsync(location.send(session, file, stop.signal), { message: 'The node is stopping.' });
	});

	test.serial(`${kind}: memory does not grow with the length of the video`, async (t) => {
		const world = await make(t);
		world.server!.mostKeptBytes = 2 ** 20;
		const location = await world.open();
		const session = await location.begin(video);
		const file = join(await folderOf(t), 'long.ts');
		const size = 512 * 2 ** 20;
		await writeFile(file, '');
		await truncate(file, size);
		let most = 0;
		const watch = setInterval(() => {
			most = Math.max(most, process.memoryUsage().external);
		}, 10);
		t.teardown(() => clearInterval(watch));
		const before = process.memoryUsage().external;
		await location.send(session, file, never);
		t.true(most - before < size / 3, `${Math.round((most - before) / 2 ** 20)} MiB at most`);
		t.log(`${Math.round((most - before) / 2 ** 20)} MiB at most`);
	});
}
