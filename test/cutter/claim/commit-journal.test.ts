import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CommitJournal } from '../../../cutter/claim/commit-journal.ts';

const DAY_MS = 86_400_000;

async function journalFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-journal-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return join(folder, 'commits', 'node-1');
}

const commitOf = (attempt: string) => ({
	event: `event of ${attempt}`,
	location: 'main',
	session: { kind: 'local', attempt, identity: 'disk' },
	video: { title: 'A talk', description: '' },
});
const PUBLICATION = {
	link: 'https://example.org/a',
	videoId: 'a',
	told: { title: 'A talk', description: '' },
};

test('a later process of the node knows what an earlier one was about to publish and what it published', async (t) => {
	const folder = await journalFolder(t);
	const first = await CommitJournal.open(folder);
	await first.meets({ identity: '7/00000001', lsn: '0/10' });
	await Promise.all([
		first.begins(commitOf('one')),
		first.begins(commitOf('two')),
		first.begins(commitOf('three')),
	]);
	await first.published('two', PUBLICATION);
	await first.absent('three');
	await first.meets({ identity: '7/00000001', lsn: '0/99' });
	await first.begins(commitOf('four'));
	// A second process of that name, and one that is killed: neither closes its file.
	const second = await CommitJournal.open(folder);
	t.deepEqual(second.commits, [
		commitOf('one'),
		{ ...commitOf('two'), publication: PUBLICATION },
		commitOf('four'),
	]);
	t.deepEqual(second.server, { identity: '7/00000001', lsn: '0/99' });
	await second.published('one', PUBLICATION);
	const third = await CommitJournal.open(folder);
	t.deepEqual(
		third.commits.map(({ publication }) => publication?.link),
		[PUBLICATION.link, PUBLICATION.link, undefined],
	);
});

test('a journal that somebody removes is made again, with all that the node knows', async (t) => {
	const folder = await journalFolder(t);
	const journal = await CommitJournal.open(folder);
	const server = { identity: '7/00000001', lsn: '0/10' };
	await journal.meets(server);
	await journal.begins(commitOf('one'));
	await journal.published('one', PUBLICATION);
	await rm(join(folder, '..'), { recursive: true });
	await journal.begins(commitOf('two'));
	await journal.published('two', PUBLICATION);
	const later = await CommitJournal.open(folder);
	t.deepEqual(later.commits, [
		{ ...commitOf('one'), publication: PUBLICATION },
		{ ...commitOf('two'), publication: PUBLICATION },
	]);
	t.deepEqual(later.server, server);
});

test('only the owner can read a journal, since sessions are capabilities', async (t) => {
	const folder = await journalFolder(t);
	const journal = await CommitJournal.open(folder);
	await journal.begins(commitOf('one'));
	const [name] = await readdir(folder);
	t.is((await stat(join(folder, name!))).mode & 0o077, 0);
	t.is((await stat(folder)).mode & 0o077, 0);
});

test('a line that a crash cut off has never begun; one that is damaged is named', async (t) => {
	const folder = await journalFolder(t);
	const journal = await CommitJournal.open(folder);
	await journal.begins(commitOf('one'));
	await journal.close();
	const path = join(folder, (await readdir(folder))[0]!);
	await appendFile(path, '{"begins":{"event":"e","ses');
	t.deepEqual((await CommitJournal.open(folder)).commits, [commitOf('one')]);
	await writeFile(path, 'no line of ours\n');
	const error = await t.throwsAsync(CommitJournal.open(folder));
	t.true(error.message.startsWith(`Line 1 of ${path} is damaged`), error.message);
});

test('what is older than thirty days is forgotten, with its file', async (t) => {
	const folder = await journalFolder(t);
	const journal = await CommitJournal.open(folder);
	await journal.begins(commitOf('one'));
	t.is((await CommitJournal.open(folder, Date.now() + 29 * DAY_MS)).commits.length, 1);
	t.is((await CommitJournal.open(folder, Date.now() + 31 * DAY_MS)).commits.length, 0);
	t.deepEqual(await readdir(folder), []);
});

test('a clock that was set back between two processes makes nothing forgotten', async (t) => {
	const folder = await journalFolder(t);
	const first = await CommitJournal.open(folder);
	await first.begins(commitOf('one'));
	await first.begins(commitOf('two'));
	const [name] = await readdir(folder);
	const second = await CommitJournal.open(folder);
	await second.published('one', PUBLICATION);
	await second.absent('two');
	// As the first process, with its clock ten minutes ahead, would have written it.
	const path = join(folder, name!);
	const ahead = (await readFile(path, 'utf8'))
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line) as { at: string })
		.map(
			(line) => `${JSON.stringify({ ...line, at: new Date(Date.parse(line.at) + 600_000).toISOString() })}\n`,
		);
	await writeFile(path, ahead.join(''));
	const third = await CommitJournal.open(folder);
	t.deepEqual(third.commits, [{ ...commitOf('one'), publication: PUBLICATION }]);
});
