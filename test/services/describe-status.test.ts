import test from 'ava';
import type { TroubledNode } from '../../services/status/attention.ts';
import { describeStatus } from '../../services/status/describe-status.ts';
import type { EventStatus, Status } from '../../services/status/read-status.ts';

const EVENT: EventStatus = {
	id: 'an-id',
	state: 'CLAIMED',
	title: 'Opening',
	error: null,
	uploader: 'north',
	attempts: 0,
	last_failure: null,
	edited_at: null,
	next_try_at: null,
	progress: null,
	expires_at: new Date('2026-05-01T12:00:00Z'),
	lease_is_live: true,
	seconds_since_moved: 4,
	upload_location: '',
	uploader_whitelist: null,
	removed_from_sheet_at: null,
};
const NOTHING: Status = {
	counts: { UNEDITED: 0, EDITED: 0, CLAIMED: 0, FINALIZING: 0, UPLOADED: 0 },
	working: [],
	waiting: [],
	failed: [],
	failed_count: 0,
	nodes: [],
	disagreements: [],
	troubles: [],
	awaiting: null,
	syncs: [],
	work: [],
	waiting_count: 0,
};

const works: [event: Partial<EventStatus>, sentence: string][] = [
	[{}, 'just claimed by north.'],
	[{ progress: { stage: 'cutting', percent: 42, seconds_left: 7 } }, 'cutting on north, 42 %, 7 s left.'],
	[
		{ progress: { stage: 'uploading', percent: 42.31, bytes_per_second: 3_140_000, seconds_left: 700 } },
		'uploading on north, 42 %, 3.1 MB/s, 12 min left.',
	],
	[{ state: 'FINALIZING', progress: { stage: 'publishing' } }, 'publishing on north.'],
	[
		{
			progress: { stage: 'uploading', percent: 42.31, bytes_per_second: 3_140_000, seconds_left: 7 },
			...{ seconds_since_moved: 500, upload_location: 'tube' },
		},
		'uploading on north, 42 %. Stands still: north has got no further for 8 min with sending it to upload location “tube” (42 %). ' +
			'Look at that location, and the disks and the network of north. If it does not go on by itself, stop that cutter, and another one takes it up.',
	],
	[{ state: 'FINALIZING' }, 'being published by north.'],
	[
		{ lease_is_live: false },
		'north has stopped working on it, its lease ran out at 2026-05-01T12:00:00.000Z. A running cutter takes it back within seconds.',
	],
	[
		{ lease_is_live: null, expires_at: null },
		'north has stopped working on it. A running cutter takes it back within seconds.',
	],
	[
		{ state: 'FINALIZING', lease_is_live: false, upload_location: 'tube', error: 'Ask.' },
		'north stopped answering while it was published, its lease ran out at 2026-05-01T12:00:00.000Z. ' +
			'A running cutter with upload location “tube” asks there what became of it. Ask.',
	],
];

for (const [event, sentence] of works) {
	test(`work on ${JSON.stringify(event)} is told as “${sentence}”`, (t) => {
		const counts = { ...NOTHING.counts, CLAIMED: 1 };
		const text = describeStatus({ ...NOTHING, counts, working: [{ ...EVENT, ...event }] });
		t.true(text.includes(`\n  an-id  Opening: ${sentence}\n`), text);
	});
}

test('a row that failed before says when it is tried again, and why it failed', (t) => {
	const next_try_at = new Date('2026-05-01T12:00:00Z');
	const waiting = [{ ...EVENT, state: 'EDITED' as const, attempts: 2, next_try_at, error: 'No space.' }];
	const text = describeStatus({ ...NOTHING, counts: { ...NOTHING.counts, EDITED: 1 }, waiting });
	t.regex(text, /Opening: attempt 3 from 2026-05-01T12:00:00\.000Z on\. No space\./);
});

test('a row that rests after a failed attempt says why that failed', (t) => {
	const failed = { attempts: 2, next_try_at: new Date('2026-05-01T12:00:00Z'), last_failure: 'No answer.' };
	const waiting = [{ ...EVENT, state: 'EDITED' as const, ...failed }];
	const counts = { ...NOTHING.counts, EDITED: 1 };
	const text = describeStatus({ ...NOTHING, counts, waiting, nodes: [NORTH] });
	t.regex(text, /Opening: attempt 3 from .* on\. The last attempt failed: No answer\./);
});

const NORTH = {
	name: 'north',
	version: '1.0.0',
	locations: ['', 'tube'],
	seconds_since_seen: 5,
	is_doubled: false,
};
const FULL: TroubledNode = { node: 'north', troubles: ['north cannot write.'], stopped: ['', 'tube'] };
const waits: [
	event: Partial<EventStatus>,
	nodes: Status['nodes'],
	sentence: string,
	troubles?: TroubledNode[],
][] = [
	[{}, [NORTH], 'in line.'],
	[{}, [], 'in line. No cutter runs.'],
	[{}, [{ ...NORTH, seconds_since_seen: 90 }], 'in line. No cutter runs.'],
	[{ upload_location: 'attic' }, [NORTH], 'in line. No running cutter has upload location “attic”.'],
	[{ uploader_whitelist: ['north', 'south'], upload_location: 'tube' }, [NORTH], 'in line.'],
	[
		{ uploader_whitelist: ['south', 'west'] },
		[NORTH],
		'in line. Only south, west may cut it, and no such node runs with that upload location.',
	],
	[
		{ removed_from_sheet_at: new Date(0) },
		[NORTH],
		'in line. Its row was removed from the sheet. Put it back, with its ID, to have it cut.',
	],
	[
		{ error: 'Waits: said in the row.', upload_location: 'attic' },
		[NORTH],
		'in line. Waits: said in the row.',
	],
	[{}, [NORTH], 'in line. north cannot write.', [FULL]],
	[{}, [NORTH, { ...NORTH, name: 'south' }], 'in line.', [FULL]],
	[{ upload_location: 'tube' }, [NORTH], 'in line.', [{ ...FULL, stopped: [''] }]],
	[
		{ uploader_whitelist: ['north'] },
		[NORTH, { ...NORTH, name: 'south' }],
		'in line. north cannot write.',
		[FULL],
	],
];
for (const [event, nodes, sentence, troubles = []] of waits) {
	const which = `${nodes.length} nodes, stopped at ${JSON.stringify(troubles[0]?.stopped ?? [])}`;
	test(`waiting with ${JSON.stringify(event)} and ${which}, is told as “${sentence}”`, (t) => {
		const waiting = [{ ...EVENT, state: 'EDITED' as const, ...event }];
		const counts = { ...NOTHING.counts, EDITED: 1 };
		const text = describeStatus({ ...NOTHING, counts, waiting, nodes, troubles });
		t.true(text.includes(`\n  an-id  Opening: ${sentence}\n`), text);
	});
}

test('titles and errors cannot move the cursor of a terminal, nor begin a line of their own', (t) => {
	const working = [{ ...EVENT, title: 'a\u001b[2Jb\nc', error: 'd\r\n\u009be\u2028f' }];
	const text = describeStatus({ ...NOTHING, counts: { ...NOTHING.counts, CLAIMED: 1 }, working });
	t.true(text.includes('an-id  a [2Jb c: just claimed by north. d e f'), text);
});

test('more events than are listed are counted', (t) => {
	const text = describeStatus({ ...NOTHING, counts: { ...NOTHING.counts, EDITED: 7 }, waiting: [EVENT] });
	t.regex(text, /… and 6 more/);
	const failed = describeStatus({ ...NOTHING, failed: [{ ...EVENT, error: 'No space.' }], failed_count: 3 });
	t.regex(failed, /Opening: No space\.\n {2}… and 2 more/);
});

test('a node that has not been heard of is asked after', (t) => {
	const node = { version: '1.0.0', locations: ['', 'tube'], is_doubled: false };
	const nodes = [
		{ ...node, name: 'north', seconds_since_seen: 5 },
		{ ...node, name: 'south', seconds_since_seen: 600 },
	];
	const text = describeStatus({ ...NOTHING, nodes });
	t.regex(text, /north: runs \(version 1\.0\.0, uploads to \(default\), tube\)/);
	t.regex(text, /south: not heard of for 10 min; is it stopped\?/);
	const days = describeStatus({ ...NOTHING, nodes: [{ ...nodes[1]!, seconds_since_seen: 3 * 86_400 }] });
	t.regex(days, /south: not heard of for 3 days/);
	t.notRegex(days, /Attention/);
});
