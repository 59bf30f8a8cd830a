import test from 'ava';
import { describeAttention, type Surroundings } from '../../../services/status/attention.ts';

const WELL: Surroundings = {
	nodes: [
		{ name: 'north', version: '1.0.0', locations: [''], seconds_since_seen: 5, is_doubled: false },
		{ name: 'gone', version: '1.0.0', locations: [''], seconds_since_seen: 5_000, is_doubled: false },
	],
	troubles: [],
	disagreements: [],
	awaiting: null,
	syncs: [
		{
			service: 'sheet-sync',
			spreadsheet: 'talks',
			trouble: null,
			seconds_since_seen: 3,
			seconds_since_in_step: 4,
		},
	],
	work: [
		{
			...{ id: 'one', title: 'Opening', node: 'north', state: 'CLAIMED', upload_location: '' },
			...{ progress: { stage: 'cutting', percent: 42.3 }, seconds_since_moved: 290 },
		},
	],
	waiting_count: 3,
};
const [north] = WELL.nodes;
const [sync] = WELL.syncs;
const [work] = WELL.work;
const UPLOADING = { ...work!, upload_location: 'tube', progress: { stage: 'uploading', percent: 7 } };

test('while all is as it should be nothing is told, also when events wait for their turn', (t) => {
	t.deepEqual(describeAttention(WELL), []);
	t.deepEqual(describeAttention({ ...WELL, nodes: [], waiting_count: 0 }), []);
});

const told: [what: string, around: Partial<Surroundings>, sentence: RegExp][] = [
	[
		'a database that was put back',
		{ awaiting: "the database was put back, and south must first say … select stop_awaiting('NODE')" },
		/^Nothing is published: the database was put back, .*stop_awaiting\('NODE'\)\.$/,
	],
	[
		'a queue without a cutter',
		{ nodes: [{ ...north!, seconds_since_seen: 61 }] },
		/^3 events wait to be cut, and no cutter node runs\. Start one: systemctl start cutsheet-cutter@NAME/,
	],
	['one event without a cutter', { nodes: [], waiting_count: 1 }, /^1 event waits to be cut/],
	[
		'what a node says is wrong with it',
		{ troubles: [{ node: 'north', troubles: ['north cannot write down.'], stopped: [''] }] },
		/^north cannot write down\.$/,
	],
	[
		'two nodes of one name',
		{ nodes: [{ ...north!, is_doubled: true }] },
		/^Two processes run under the node name north\. Stop one of them, or give it a name of its own/,
	],
	[
		'a cut that stands still',
		{ work: [{ ...work!, seconds_since_moved: 310 }] },
		/^north has got no further for 5 min with cutting “Opening” \(42 %\)\. Look at the disks of north .* stop that cutter, and another one takes it up\.$/,
	],
	[
		'several uploads of a node that stand still',
		{ work: [work!, ...[400, 900, 500].map((seconds) => ({ ...UPLOADING, seconds_since_moved: seconds }))] },
		/^north has got no further for 15 min with sending 3 events to upload location “tube”\. Look at that location, and the disks and the network of north\./,
	],
	['locations that disagree', { disagreements: ['south differs'] }, /^south differs\.$/],
	[
		'a sheet-sync that is gone',
		{ syncs: [{ ...sync!, seconds_since_seen: 600 }] },
		/^Nobody keeps the sheet talks in step: sheet-sync has not been heard of for 10 min, so what is typed there .* Start it: systemctl start cutsheet-sheet-sync/,
	],
	[
		'a sheet that does not answer',
		{ syncs: [{ ...sync!, seconds_since_in_step: 45, trouble: 'The sheet was deleted' }] },
		/^sheet-sync has not been able to keep the sheet talks in step for 45 s, .* The sheet was deleted\.$/,
	],
	[
		'a sheet that never answered',
		{ syncs: [{ ...sync!, seconds_since_in_step: null, trouble: 'Forbidden.' }] },
		/ in step yet, .* Forbidden\.$/,
	],
	[
		'a copy that is not published',
		{ syncs: [{ ...sync!, service: 'publish-sheet', seconds_since_seen: 90_000 }] },
		/^Nobody keeps the published copy talks in step: publish-sheet has not been heard of for 25 h, so it shows what was true before/,
	],
];
for (const [what, around, sentence] of told) {
	test(`${what}: one sentence says who and what to do`, (t) => {
		const sentences = describeAttention({ ...WELL, ...around });
		t.is(sentences.length, 1, sentences.join('\n'));
		t.regex(sentences[0]!, sentence);
	});
}

test('a cycle that fails now and then is no matter, nor a sync of an event long over', (t) => {
	const failed = { ...sync!, seconds_since_in_step: 12, trouble: 'Google answers 503.' };
	const old = { ...sync!, seconds_since_seen: 8 * 86_400 };
	t.deepEqual(describeAttention({ ...WELL, syncs: [failed, old] }), []);
});
