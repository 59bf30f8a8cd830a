import test from 'ava';
import fc from 'fast-check';
import { PictureTimes } from '../../../cutter/video/picture-times.ts';

const FRAME = 1500;

/** Pictures in decoding order, of which each is shown up to `reordering` pictures after it is decoded. */
function stream(jumps: readonly number[], reordering: number): { pts: number; dts: number }[] {
	const shown = jumps
		.map((jump, number) => ({ number, place: number + (jump % (reordering + 1)) + number / 1000 }))
		.toSorted((a, b) => a.place - b.place);
	const ranks = new Map(shown.map(({ number }, rank) => [number, rank]));
	return jumps.map((_, number) => ({
		pts: (ranks.get(number)! + reordering) * FRAME,
		dts: number * FRAME,
	}));
}

function follow(pictures: readonly { pts: number; dts: number }[]): PictureTimes {
	const times = new PictureTimes();
	for (const { pts, dts } of pictures) times.add(pts, dts);
	return times;
}

const anyStream = fc
	.tuple(fc.array(fc.nat(15), { minLength: 3, maxLength: 300 }), fc.nat(15))
	.map(([jumps, reordering]) => stream(jumps, reordering));

test('of a sound stream the first and the last time are told, and nothing is wrong', (t) => {
	fc.assert(
		fc.property(anyStream, (pictures) => {
			const times = follow(pictures);
			const shown = pictures.map(({ pts }) => pts);
			t.is(times.fault, undefined);
			t.deepEqual(
				[times.count, times.first, times.last],
				[pictures.length, Math.min(...shown), Math.max(...shown)],
			);
		}),
	);
});

test('a picture that comes twice, late, or at the time of any other one is noticed', (t) => {
	const changed = fc.tuple(anyStream, fc.nat(), fc.nat()).map(([pictures, a, b]) => {
		const [from, to] = [a % pictures.length, b % pictures.length];
		return { pictures, from, to: from === to ? (to + 1) % pictures.length : to };
	});
	fc.assert(
		fc.property(changed, ({ pictures, from, to }) => {
			const twice = pictures.toSpliced(from, 0, pictures[from]!);
			t.regex(follow(twice).fault ?? '', /do not rise/);
			const swapped = pictures.with(from, pictures[to]!).with(to, pictures[from]!);
			t.regex(follow(swapped).fault ?? '', /do not rise/);
			// Another picture's time: then it is shown with that one, or before it is decoded.
			const same = pictures.with(from, { pts: pictures[to]!.pts, dts: pictures[from]!.dts });
			t.regex(follow(same).fault ?? '', /shows two pictures at one time|before it is decoded/);
		}),
	);
});
