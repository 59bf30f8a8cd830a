import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { at, copyOfWorld, type RecordedWorld, withRecordedWorld } from './recorded-world.ts';
import { range, startSegments } from './world.ts';

let world: RecordedWorld;
withRecordedWorld(test, (made) => {
	world = made;
});

test('no address leads out of the store, whatever is written into it', async (t) => {
	const { base, ...copy } = await copyOfWorld(t, world);
	const secret = path.join(base, '..', `${path.basename(base)}-secret`);
	await mkdir(path.join(secret, 'source', '2026-03-01T10'), { recursive: true });
	t.teardown(() => rm(secret, { recursive: true, force: true }));
	const name = '00:00.0-2.0-full-x.ts';
	const file = path.join(secret, 'source', '2026-03-01T10', name);
	await writeFile(file, 'secret');
	await symlink(secret, path.join(base, 'linked'));
	await symlink(file, path.join(base, 'stage', 'low', '2026-03-01T10', name));
	await writeFile(path.join(base, 'stage', 'low', '2026-03-01T10', '00:02.0-2.0-temp-x.ts'), 'secret');
	await writeFile(path.join(base, 'stage', 'low', '2026-03-01T10', 'notes.txt'), 'secret');
	const hour = '2026-03-01T10';
	const asked = [
		`linked/source/${hour}/${name}`,
		`stage/low/${hour}/${name}`,
		`stage/low/${hour}/00:02.0-2.0-temp-x.ts`,
		`stage/low/${hour}/notes.txt`,
		`stage/low/${hour}/..%2f..%2f..%2fa-file`,
		`..%2f${path.basename(secret)}/source/${hour}/${name}`,
		`%2e%2e/${path.basename(secret)}/source/${hour}/${name}`,
		`stage/..%2f..%2f${path.basename(secret)}%2fsource/${hour}/${name}`,
		`stage/low/2026-02-30T10/${name}`,
		`stage/low%00/${hour}/${name}`,
		`.hidden/source/${hour}/${name}`,
		`a-file/source/${hour}/${name}`,
	];
	for (const below of asked) {
		const response = await copy.get(below);
		t.true([400, 404].includes(response.status), `${below}: ${response.status}`);
		t.notRegex(await response.text(), /secret$/, below);
	}
	const allowed = await startSegments(t, base, { linksTo: [secret] });
	t.is(await (await allowed.get(`linked/source/${hour}/${name}`)).text(), 'secret');
});

test('what is asked for wrongly is refused with a sentence that names the parameter', async (t) => {
	const source = 'stage/source';
	const good = range(at(0), at(12));
	const cases: [below: string, field: string | undefined][] = [
		[`${source}/media.m3u8?start=yesterday`, 'start'],
		[`${source}/media.m3u8?start=2026-02-30T10:00:00Z`, 'start'],
		[`${source}/media.m3u8?end=${at(0).toISOString()}`, 'start'],
		[`${source}/media.m3u8${range(at(1), at(1))}`, 'end'],
		[`${source}/media.m3u8${range(at(0), at(100 * 3600))}`, 'end'],
		[`${source}/media.m3u8?start=2001-01-01T00:00:00Z`, 'start'],
		[`${source}/media.m3u8${good}&start=${at(1).toISOString()}`, 'start'],
		[`${source}/media.m3u8?strat=1`, undefined],
		[`${source}/frame.jpg`, 'at'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=0`, 'width'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=1e9`, 'width'],
		[`${source}/frame.jpg?at=${at(1).toISOString()}&width=99999`, 'width'],
		[`${source}/waveform.json${good}`, 'peaks'],
		[`${source}/waveform.json${good}&peaks=0`, 'peaks'],
		[`${source}/waveform.json${good}&peaks=1000000`, 'peaks'],
		[`${source}/pictures.json${range(at(0), at(7 * 3600))}`, 'end'],
		[`${source}/pictures.json${range(at(0), at(300), { all: 'true' })}`, 'end'],
		[`${source}/pictures.json${good}&all=perhaps`, 'all'],
		[`stage/coverage.svg${range(at(0), at(1e8))}`, 'end'],
		[`${source}/cut${good}&container=exe`, 'container'],
		[`${source}/cut${good}&title=${'x'.repeat(501)}`, 'title'],
		[`${source}/join.mp4?start=${at(1).toISOString()}`, 'end'],
		[`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&kind=custom`, 'kind'],
		[
			`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&kind=fade&seconds=99`,
			'seconds',
		],
		[`${source}/join.mp4?start=${at(1).toISOString()}&end=${at(3).toISOString()}&around=-1`, 'around'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=none`, 'template'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=constructor`, 'template'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&crop=1,2,3`, 'crop'],
		[`${source}/thumbnail.jpg?at=${at(1).toISOString()}&template=broken`, undefined],
	];
	for (const [below, field] of cases) {
		const { status, sentence, field: named } = await world.refusal(below);
		t.is(status, 400, below);
		t.is(named, field, below);
		t.regex(sentence, /^[A-Z].{10,}[.!?]$/, below);
	}
});

test('what this node does not have is told, with what it has', async (t) => {
	const cases: [below: string, sentence: RegExp][] = [
		['attic/master.m3u8', /^This node has no channel “attic”\. It has: empty, stage\.$/],
		[
			'stage/medium/media.m3u8',
			/^The channel stage has no quality “medium” on this node\. It has: low, source\.$/,
		],
		['empty/source/media.m3u8', /^This node has no video of empty\/source\.$/],
		['empty/master.m3u8', /^This node has no video of empty\.$/],
		[
			`stage/source/media.m3u8${range(at(100), at(200))}`,
			/^This node has no video of stage\/source from 2026-03-01T11:01:35/,
		],
		[`stage/source/frame.jpg?at=${at(5).toISOString()}`, /^There is no video at 2026-03-01T11:00:00\.000Z/],
		[`stage/source/2026-03-01T10/00:00.0-2.0-full-none.ts`, /^This node has no segment 2026-03-01T10\/00:00/],
		[
			`stage/source/join.mp4?end=${at(100).toISOString()}&start=${at(8).toISOString()}`,
			/^There is no video to show: /,
		],
	];
	for (const [below, expected] of cases) {
		const { status, sentence } = await world.refusal(below);
		t.is(status, 404, below);
		t.regex(sentence, expected);
	}
});

test('nothing can be changed here', async (t) => {
	for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
		t.is((await world.get('channels.json', { method })).status, 404, method);
});
