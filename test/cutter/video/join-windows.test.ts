import test from 'ava';
import fc from 'fast-check';
import type { Access } from '../../../cutter/cut/codec/access.ts';
import { JoinWindows, type Seams } from '../../../cutter/video/join-windows.ts';

/** A stream in decoding order: a picture every 3600 ticks, with what differs from a plain one by its number. */
interface Stream {
	count: number;
	access?: (number: number) => Access;
	pts?: (number: number) => number;
	joins?: readonly number[];
}

const SIZE_OF_PICTURE = 1000;

/** The windows as [from, to]; their bytes are held to these. */
function windowsOf(
	{ count, access = () => 'none', pts = (number) => number * 3600, joins = [] }: Stream,
	{ rangeStarts = [0], blends = [] }: Partial<Seams> = {},
): [number, number][] {
	const windows = new JoinWindows({ rangeStarts, blends });
	for (let number = 0; number < count; number++)
		windows.add({
			...{ pts: pts(number), access: access(number), at: number * SIZE_OF_PICTURE },
			isJoin: joins.includes(number),
		});
	return windows.finish(count * SIZE_OF_PICTURE).map(({ from, to, start, end }) => {
		if (start !== from * SIZE_OF_PICTURE || end !== to * SIZE_OF_PICTURE) throw new Error('other bytes');
		return [from, to];
	});
}

const keyEvery = (pictures: number) => (number: number) => (number % pictures === 0 ? 'clean' : 'none');

test('windows reach from the keyframe before a join to a second after it, and grow together', (t) => {
	const windows = (joins: number[], rangeStarts: number[]) =>
		windowsOf({ count: 1000, access: keyEvery(50), joins }, { rangeStarts });
	t.deepEqual(windows([], [0]), [
		[0, 26],
		[950, 1000],
	]);
	t.deepEqual(windows([300], [0, 510]), [
		[0, 26],
		[250, 326],
		[500, 536],
		[950, 1000],
	]);
	t.deepEqual(windows([30, 940], [0]), [
		[0, 56],
		[900, 1000],
	]);
	t.deepEqual(windowsOf({ count: 0 }), []);
});

test('a blend is looked at from before its first picture to a second after its last', (t) => {
	const seams = { rangeStarts: [0, 700], blends: [{ from: 320, to: 700 }] };
	t.deepEqual(windowsOf({ count: 1000, access: keyEvery(50) }, seams), [
		[0, 26],
		[300, 726],
		[950, 1000],
	]);
});

test('a stream whose keyframes are no clean starts is looked at from its beginning', (t) => {
	const access = (number: number) => (number === 60 ? 'clean' : 'none');
	t.deepEqual(windowsOf({ count: 100, access, joins: [40] }), [[0, 100]]);
});

test('a window that began at a CRA picture with leading pictures begins at the keyframe before', (t) => {
	const access = (number: number): Access =>
		number % 100 === 0 ? 'clean-if-leading-free' : number % 50 === 0 ? 'clean' : 'none';
	// The picture after each CRA picture is shown before it.
	const pts = (number: number) =>
		(number % 100 === 0 ? number + 1 : number % 100 === 1 ? number - 1 : number) * 3600;
	const stream = { count: 1000, access, pts, joins: [301] };
	// The join is the leading picture itself; and the end is behind picture 950.
	t.deepEqual(windowsOf(stream), [
		[0, 27],
		[250, 326],
		[950, 1000],
	]);
});

/** The same with all pictures at hand: what the windows of any stream have to be. */
function byDefinition(
	pictures: readonly { pts: number; access: Access; isJoin: boolean }[],
	{ rangeStarts, blends }: Seams,
): [number, number][] {
	const count = pictures.length;
	const isClean = (number: number) => {
		const { access, pts } = pictures[number]!;
		if (access === 'clean') return true;
		if (access !== 'clean-if-leading-free') return false;
		const next = pictures.findIndex((later, n) => n > number && later.access.startsWith('clean'));
		return pictures.slice(number + 1, next === -1 ? count : next + 1).every((later) => later.pts >= pts);
	};
	const cleanBefore = (number: number) => {
		for (let n = number - 1; n > 0; n--) if (isClean(n)) return n;
		return 0;
	};
	const endAfter = (number: number) => {
		const until = pictures[number]!.pts + 90_000;
		const after = pictures.findIndex((later, n) => n > number && later.pts > until);
		return after === -1 ? count : after;
	};
	const joins = [...pictures.keys()].filter((number) => pictures[number]!.isJoin);
	const single = [0, ...rangeStarts, ...joins, count - 1].map((number) => ({ from: number, to: number + 1 }));
	const merged: [number, number][] = [];
	for (const { from, to } of [...single, ...blends].toSorted((a, b) => a.from - b.from)) {
		const [start, end] = [cleanBefore(from), endAfter(to - 1)];
		const last = merged.at(-1);
		if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
		else merged.push([start, end]);
	}
	return merged;
}

test('of any stream the windows are those that all its pictures together would give', (t) => {
	const picture = fc.record({
		access: fc.constantFrom<Access>('none', 'none', 'none', 'none', 'open', 'clean', 'clean-if-leading-free'),
		isJoin: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
		/** How much later than its place in the stream it is shown, in pictures. */
		later: fc.integer({ min: 0, max: 4 }),
	});
	const stream = fc.record({
		pictures: fc.array(picture, { minLength: 1, maxLength: 120 }),
		step: fc.constantFrom(3000, 9000, 45_000, 120_000),
		seams: fc.array(fc.nat(119), { maxLength: 6 }),
	});
	fc.assert(
		fc.property(stream, ({ pictures, step, seams }) => {
			const count = pictures.length;
			const listed = pictures.map(({ access, isJoin, later }, number) => ({
				...{ access, isJoin: isJoin && number > 0 },
				pts: Math.round((number + later + number / 1000) * step),
			}));
			const places = [...new Set(seams.filter((place) => place < count))].toSorted((a, b) => a - b);
			const [from, to, ...rangeStarts] = places;
			const blends = from !== undefined && to !== undefined ? [{ from, to }] : [];
			t.deepEqual(
				windowsOf(
					{
						...{ count, joins: [...listed.keys()].filter((number) => listed[number]!.isJoin) },
						...{ access: (number) => listed[number]!.access, pts: (number) => listed[number]!.pts },
					},
					{ rangeStarts, blends },
				),
				byDefinition(listed, { rangeStarts, blends }),
			);
		}),
		{ numRuns: 500 },
	);
});
