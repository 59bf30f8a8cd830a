import test from 'ava';
import fc from 'fast-check';
import {
	PictureOrder,
	type PlanPicture,
	planEnd,
	planStart,
	planWhole,
} from '../../../../cutter/cut/plan/plan.ts';

/** A frame of 25 pictures per second. */
const FRAME = 3600;

/** The kinds of groups of pictures that encoders make, as offsets from the keyframe in decoding order. */
const GROUPS = [[0, 1, 2, 3, 4, 5], [0, 3, 1, 2, 6, 4, 5], [0, 4, 2, 1, 3, 8, 6, 5, 7], [0]];

interface Stream {
	/** In decoding order. */
	pictures: PlanPicture[];
	/** The order of showing, as places. */
	shown: number[];
}

/** A stream of groups, each of one kind; open ones have two pictures shown before their keyframe. */
const streams = fc
	.array(fc.record({ kind: fc.nat({ max: GROUPS.length - 1 }), open: fc.boolean() }), {
		minLength: 1,
		maxLength: 8,
	})
	.map((groups): Stream => {
		const pictures: PlanPicture[] = [];
		let next = 0;
		for (const [n, { kind, open }] of groups.entries()) {
			const offsets = GROUPS[kind]!;
			const leading = open && n > 0 ? 2 : 0;
			const at = (offset: number) => {
				const number = next + leading + offset;
				return { wall: 1_000_000 + number * FRAME, pts: 500_000 + number * FRAME };
			};
			pictures.push({ ...at(0), access: leading > 0 ? 'open' : 'clean' });
			for (let before = leading; before > 0; before--) pictures.push({ ...at(-before), access: 'none' });
			for (const offset of offsets.slice(1)) pictures.push({ ...at(offset), access: 'none' });
			next += leading + offsets.length;
		}
		const shown = pictures.map((_, place) => place).sort((a, b) => pictures[a]!.pts - pictures[b]!.pts);
		return { pictures, shown };
	});

const cuts = streams.chain((stream) =>
	fc.record({
		stream: fc.constant(stream),
		from: fc.nat({ max: stream.pictures.length - 1 }),
		length: fc.integer({ min: 1, max: stream.pictures.length }),
		copy: fc.boolean(),
	}),
);

test('a plan shows exactly the pictures of its range, and copies none that refers to one that is not there', (t) => {
	fc.assert(
		fc.property(cuts, ({ stream, from, length, copy }) => {
			const { pictures, shown } = stream;
			const wanted = shown.slice(from, from + length);
			const start = pictures[wanted[0]!]!.wall;
			const end = pictures[wanted.at(-1)!]!.wall + FRAME;
			const order = new PictureOrder(pictures);
			const plan = planWhole(order, start, end, { copy });
			if (plan === undefined) return t.fail('each of these pictures can be decoded');
			const { first, copyFrom, copyTo, end: after, head, tail } = plan;
			t.true(first <= copyFrom && copyFrom <= copyTo && copyTo <= after);
			const copied = pictures.slice(copyFrom, copyTo).map((picture) => picture.pts);
			const made = [...(head?.pts ?? []), ...copied, ...(tail?.pts ?? [])].sort((a, b) => a - b);
			t.deepEqual(
				made,
				wanted.map((place) => pictures[place]!.pts),
			);
			t.is(head?.pts.length ?? 0, copyFrom - first);
			t.is(tail?.pts.length ?? 0, after - copyTo);
			if (copied.length > 0) t.is(pictures[copyFrom]!.access, 'clean');
			if (!copy) t.is(copied.length, 0);
			for (const edge of [head, tail]) {
				if (edge === undefined) continue;
				t.not(pictures[edge.decodeFrom]!.access, 'none');
				const decoded = pictures.slice(edge.decodeFrom, edge.decodeTo).map((picture) => picture.pts);
				t.true(edge.pts.every((pts) => decoded.includes(pts)));
			}
		}),
		{ numRuns: 500 },
	);
});

test('the n-th picture shown can take the DTS of the n-th decoded, however late a stream decodes', (t) => {
	fc.assert(
		fc.property(streams, ({ pictures }) => {
			const order = new PictureOrder(pictures);
			for (const rank of pictures.keys()) {
				// No DTS can be later than this: it rises, and no picture is shown before it is decoded.
				const latest = Math.min(...pictures.slice(rank).map((picture) => picture.pts));
				t.true(latest <= order.ptsAt(rank));
			}
		}),
	);
});

const gop = (wall: number): PlanPicture[] =>
	GROUPS[1]!.map((offset) => ({
		wall: wall + offset * FRAME,
		pts: wall + offset * FRAME,
		access: offset === 0 ? ('clean' as const) : ('none' as const),
	}));

test('a time up to a millisecond after a picture still names it, as start and as end', (t) => {
	const order = new PictureOrder([...gop(0), ...gop(7 * FRAME)]);
	t.is(planStart(order, 7 * FRAME + 90)?.first, 7);
	t.is(planStart(order, 7 * FRAME + 91)?.first, 8);
	t.is(planEnd(order, 7 * FRAME + 90).end, 7);
	t.is(planEnd(order, 7 * FRAME + 91).end, 8);
});

test('a range that ends between P-frames copies up to the last one and re-encodes only what hangs on the next', (t) => {
	const order = new PictureOrder([...gop(0), ...gop(7 * FRAME)]);
	const plan = planEnd(order, 12 * FRAME);
	t.is(plan.copyTo, 11);
	t.deepEqual(plan.tail?.pts, [11 * FRAME]);
	t.is(plan.tail?.decodeFrom, 7);
});

test('what is shown before an open keyframe is decoded from the keyframe before it', (t) => {
	const open: PlanPicture[] = [
		{ wall: 9 * FRAME, pts: 9 * FRAME, access: 'open' },
		{ wall: 7 * FRAME, pts: 7 * FRAME, access: 'none' },
		{ wall: 8 * FRAME, pts: 8 * FRAME, access: 'none' },
	];
	const order = new PictureOrder([...gop(0), ...open]);
	t.is(order.decodeStart(8), 0);
	t.is(order.decodeStart(9), 7);
	t.false(order.isCopyStart(7));
});
