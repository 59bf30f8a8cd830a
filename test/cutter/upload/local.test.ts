import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openLocalLocation } from '../../../cutter/upload/local.ts';
import { UploadError, type UploadSession } from '../../../cutter/upload/location.ts';

const VIDEO = { title: 'Opening', description: '' };
const never = new AbortController().signal;

async function folderOf(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-local-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

async function open(folder: string) {
	return openLocalLocation('main', { kind: 'local', path: folder });
}

async function visible(folder: string): Promise<string[]> {
	return (await readdir(folder)).filter((name) => !name.startsWith('.'));
}

/** An attempt up to, but without, the commit. */
async function sent(location: Awaited<ReturnType<typeof open>>): Promise<UploadSession> {
	const session = await location.begin(VIDEO);
	await writeFile(location.spoolFile(session)!, 'bytes');
	await location.send(session, location.spoolFile(session)!, never);
	return session;
}

test('nothing can be seen before the commit, and the whole video after it', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const session = await sent(location);
	t.deepEqual(await visible(folder), []);
	const publication = await location.commit(session, VIDEO, '');
	const [name] = await visible(folder);
	t.regex(name!, /^Opening [0-9a-f]{8}\.ts$/);
	t.is(await readFile(new URL(publication.link), 'utf8'), 'bytes');
	t.deepEqual((await readdir(folder)).sort(), ['.cutsheet-location', name!].sort());
});

test('links begin with the configured prefix and are escaped', async (t) => {
	const folder = await folderOf(t);
	const location = await openLocalLocation('main', {
		kind: 'local',
		path: folder,
		urlPrefix: 'https://v.example/',
	});
	const session = await sent(location);
	const { link } = await location.commit(session, VIDEO, '');
	t.regex(link, /^https:\/\/v\.example\/Opening%20[0-9a-f]{8}\.ts$/);
});

test('a commit never replaces a file', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const session = await sent(location);
	await writeFile(join(folder, String(session.final)), 'somebody else’s');
	await t.throwsAsync(location.commit(session, VIDEO, ''), { instanceOf: UploadError, message: /EEXIST/ });
	t.is(await readFile(join(folder, String(session.final)), 'utf8'), 'somebody else’s');
});

test('a committed upload resolves to its link, one that was not is absent', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const other = await open(folder);
	const committed = await sent(location);
	const { link } = await location.commit(committed, VIDEO, '');
	t.like(await other.resolve(committed, VIDEO), { outcome: 'committed', publication: { link } });
	t.is((await other.resolve(await sent(location), VIDEO)).outcome, 'absent');
});

test('after “absent” a slow committer can no longer commit', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const session = await sent(location);
	t.is((await location.resolve(session, VIDEO)).outcome, 'absent');
	await t.throwsAsync(location.commit(session, VIDEO, ''), { instanceOf: UploadError });
	t.deepEqual(await visible(folder), []);
});

test('a resolver and a committer at once agree', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const resolver = await open(folder);
	for (let round = 0; round < 50; round++) {
		const session = await sent(location);
		const [committed, resolution] = await Promise.all([
			location.commit(session, VIDEO, '').then(
				() => true,
				() => false,
			),
			resolver.resolve(session, VIDEO),
		]);
		t.is(resolution.outcome, committed ? 'committed' : 'absent');
	}
});

test('a resolver and a committer of many files at once agree, and nothing is lost of what is published', async (t) => {
	const folder = await folderOf(t);
	const config = { kind: 'local', path: folder, manyFiles: true } as const;
	const committer = await openLocalLocation('', config);
	const resolver = await openLocalLocation('', config);
	// Enough that removing them takes longer than the committer waits.
	const names = Array.from({ length: 300 }, (_, number) => `${number}.mkv`);
	for (let round = 0; round < 20; round++) {
		const session = await committer.begin(VIDEO);
		const partial = committer.spoolFile(session)!;
		await mkdir(partial);
		await Promise.all(names.map((name) => writeFile(join(partial, name), 'x')));
		const [resolution] = await Promise.all([
			resolver.resolve(session, VIDEO),
			new Promise((wake) => setTimeout(wake, Math.random() * 5))
				.then(() => committer.commit(session, VIDEO, partial))
				.catch((error: unknown) => t.true(error instanceof UploadError)),
		]);
		const final = join(folder, String(session.final));
		const files = await readdir(final).catch(() => undefined);
		t.is(resolution.outcome, files ? 'committed' : 'absent');
		if (files) t.is(files.length, names.length);
		await rm(final, { recursive: true, force: true });
	}
});

test('another disk under the same path is unknown, and takes no new upload', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const session = await sent(location);
	await rename(folder, `${folder}-away`);
	t.teardown(() => rm(`${folder}-away`, { recursive: true, force: true }));
	const gone = await location.resolve(session, VIDEO);
	t.is(gone.outcome, 'unknown');
	await t.throwsAsync(location.begin(VIDEO), { message: /not there any more/ });
	const another = await folderOf(t);
	await open(another);
	await rename(another, folder);
	t.like(await location.resolve(session, VIDEO), { outcome: 'unknown' });
	await t.throwsAsync(location.begin(VIDEO), { message: /another one than when/ });
	t.truthy(await stat(join(`${folder}-away`, String(session.partial))));
});

test('a missing folder is refused with a sentence', async (t) => {
	await t.throwsAsync(open('/nowhere/at/all'), {
		message: /folder \/nowhere\/at\/all of upload location "main" does not exist/,
	});
});

test('a session that names files outside of the folder is refused', async (t) => {
	const folder = await folderOf(t);
	const location = await open(folder);
	const session = await sent(location);
	for (const final of ['../evil', 'a/b', '..', '', 7]) {
		await t.throwsAsync(location.commit({ ...session, final }, VIDEO, ''), {
			message: /not one of a local folder/,
		});
	}
});
