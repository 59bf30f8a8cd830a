import test from 'ava';
import {
	describeStandstill,
	describeStandstills,
	type EventWork,
} from '../../../services/status/standstill.ts';

const WORK: EventWork = {
	id: 'one',
	title: 'Opening',
	node: 'north',
	state: 'CLAIMED',
	upload_location: 'attic',
	progress: null,
	seconds_since_moved: 3_600,
};

const told: [work: Partial<EventWork>, doing: string, where: RegExp, then: RegExp][] = [
	[{}, 'beginning it for upload location “attic”', /that location/, /stop that cutter/],
	[
		{ progress: { stage: 'packing', percent: 100 } },
		'packing it (100 %)',
		/the disks of north and the folders that are mounted there/,
		/stop that cutter/,
	],
	[
		{ progress: { stage: 'uploading', percent: 7.9 }, upload_location: '' },
		'sending it to the default upload location (7 %)',
		/the network of north/,
		/another one takes it up/,
	],
	[
		{ progress: { stage: 'publishing' }, state: 'FINALIZING' },
		'publishing it at upload location “attic”',
		/that location/,
		/another one takes it up/,
	],
	[
		{ state: 'FINALIZING' },
		'finding out whether it was published at upload location “attic”',
		/that location/,
		/another one takes it up/,
	],
	[
		{ state: 'UPLOADED' },
		'telling upload location “attic” what has changed about it',
		/that location/,
		/restart that cutter/,
	],
];
for (const [work, doing, where, then] of told) {
	test(`work that stands still while ${doing} says so, and where to look`, (t) => {
		const sentence = describeStandstill({ ...WORK, ...work })!;
		t.true(
			sentence.startsWith(`Stands still: north has got no further for 60 min with ${doing}. Look at `),
			sentence,
		);
		t.regex(sentence, where);
		t.regex(sentence, then);
	});
}

test('work that goes on is not told of', (t) => {
	t.is(describeStandstill({ ...WORK, seconds_since_moved: 20 }), undefined);
	t.deepEqual(describeStandstills([{ ...WORK, seconds_since_moved: 20 }]), []);
});

test('what nodes do alike is one sentence for each of them, with the longest silence', (t) => {
	const sentences = describeStandstills([
		WORK,
		{ ...WORK, id: 'two', seconds_since_moved: 7_200 },
		{ ...WORK, id: 'three', node: 'south', title: `A talk\n${'x'.repeat(99)}` },
	]);
	t.is(sentences.length, 2);
	t.regex(
		sentences[0]!,
		/^north has got no further for 2 h with beginning 2 events for upload location “attic”\./,
	);
	t.regex(sentences[1]!, /^south has got no further for 60 min with beginning “A talk” for /);
});
