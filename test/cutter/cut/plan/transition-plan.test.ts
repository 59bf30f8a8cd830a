import test from 'ava';
import fc from 'fast-check';
import { planSound } from '../../../../cutter/cut/encode/blend-sound.ts';
import { overlapOf, transitionsProblem } from '../../../../cutter/cut/plan/transition-plan.ts';
import type { SoundFormat } from '../../../../cutter/cut/source/sound-format.ts';

const SECOND = 90_000;
const walls = (start: number, count: number, frame: number) =>
	Array.from({ length: count }, (_, n) => start + Math.round(n * frame));

test('at one constant rate, the last pictures of the one range meet the first of the other one by one', (t) => {
	const frames = fc.constantFrom(3600, 3003, 1800, 1500, 3750);
	fc.assert(
		fc.property(
			frames,
			fc.integer({ min: 1, max: 40 }),
			fc.nat(3000),
			fc.nat(3000),
			(frame, length, early, late) => {
				const before = walls(1e12, 60, frame);
				const after = walls(2e12, 60, frame);
				// Both bounds lie anywhere between two pictures; one up to 1 ms before a bound counts as on it.
				const end = 1e12 + 59 * frame + 91 + (early % frame);
				const start = 2e12 + 90 - (late % frame);
				const overlap = overlapOf(before, end, after, start, length * frame);
				t.truthy(overlap);
				t.is(overlap?.partners, overlap?.pictures);
				t.true(Math.abs(overlap!.pictures - length) <= 1);
				t.is(overlap!.from + overlap!.pictures, before.length);
			},
		),
	);
});

test('pictures of another rate are spread over the length of the blend', (t) => {
	const overlap = overlapOf(walls(0, 50, 3600), 50 * 3600, walls(0, 100, 1800), 0, SECOND);
	t.deepEqual(overlap, { from: 25, pictures: 25, partners: 50 });
});

test('a length that holds no picture is no blend', (t) => {
	t.is(overlapOf(walls(0, 50, 3600), 50 * 3600 - 1, walls(0, 50, 3600), 0, 900), undefined);
});

test('transitions may take all of a range, and no more', (t) => {
	const fade = (seconds: number) => ({ kind: 'fade', seconds });
	const lengths = [2 * SECOND, SECOND, 3 * SECOND];
	t.is(transitionsProblem(lengths, [fade(0.4), fade(0.6)]), undefined);
	t.regex(transitionsProblem(lengths, [fade(0.4), fade(0.61)]) ?? '', /Range 2 lasts 1 s/);
	t.regex(transitionsProblem(lengths, [fade(Number.NaN), null]) ?? '', /must last longer/);
	t.is(transitionsProblem([SECOND], []), undefined);
});

test('made sound begins where the sound before ends, and copied sound goes on from it within half a frame', (t) => {
	const format: SoundFormat = {
		...{ codec: 'aac', rate: 44_100, samples: 1024, layout: 'stereo', arguments: [], delay: 1024 },
	};
	const frame = (1024 * SECOND) / 44_100;
	fc.assert(
		fc.property(
			fc.double({ min: -0.5, max: 0.5, noNaN: true }),
			fc.double({ min: -0.5, max: 0.5, noNaN: true }),
			fc.integer({ min: 1, max: 20 * SECOND }),
			fc.double({ min: 0, max: 1, noNaN: true }),
			(before, shift, length, phase) => {
				const [start, end] = [SECOND, SECOND + length];
				const moment = { start, end, soundEnd: start + before * frame, shift: shift * frame };
				const nextFrames = [-2, -1, 0, 1, 2].map((n) => end + (n + phase) * frame);
				const plan = planSound(format, moment, { followsOwn: true, nextFrames });
				t.is(plan.from, moment.soundEnd);
				t.is(plan.shiftBefore, moment.shift);
				const last = plan.from + plan.count * plan.length;
				if (plan.count > 0) t.true(Math.abs(last - end) <= frame / 2 + 1e-3);
				t.true(Math.abs(plan.shiftAfter) <= frame / 2 + 1e-3);
				const seam = nextFrames.some((next) => Math.abs(next + plan.shiftAfter - last) < 1e-3);
				t.true(seam, 'a frame of the sound after begins exactly where the made sound ends');
			},
		),
	);
});
