import test from 'ava';
import fc from 'fast-check';
import { BitWriter } from '../../../../cutter/cut/codec/bits.ts';
import { hevcFormat } from '../../../../cutter/cut/codec/hevc-format.ts';
import { escapeNal } from '../../../../cutter/cut/codec/nal.ts';

/** A reference picture set as it is written: its distances, or for each picture of the one before (and it) whether it is used. */
type WrittenSet =
	| { before: number[]; after: number[] }
	| { step: number; kept: ('used' | 'kept' | 'dropped')[] };

interface WrittenSps {
	subLayers?: number;
	scalingLists?: boolean;
	pcm?: boolean;
	sets?: readonly WrittenSet[];
	longTerm?: number;
	/** aspect_ratio_idc; a pair for 255; none for a set without VUI. */
	aspect?: number | readonly [number, number];
}

/** A sequence parameter set of 640 × 360 (coded as 640 × 368) in 4:2:0 with ten bits, by ITU-T H.265, 7.3.2.2.1. */
function writeSps({ subLayers = 0, scalingLists, pcm, sets = [], longTerm, aspect }: WrittenSps): Buffer {
	const bits = new BitWriter();
	const flag = (value: unknown) => bits.write(value === undefined || value === false ? 0 : 1, 1);
	const code = (...values: number[]) => {
		for (const value of values) bits.unsigned(value);
	};
	bits.write(0, 4);
	bits.write(subLayers, 3);
	bits.write(1, 1);
	bits.write(0, 96);
	if (subLayers > 0) bits.write(0, 16);
	code(0, 1, 640, 368);
	flag(true);
	code(0, 0, 0, 4, 2, 2, 4);
	flag(subLayers > 0);
	for (let layer = 0; layer <= subLayers; layer++) code(4, 2, 0);
	code(0, 3, 0, 3, 1, 1);
	flag(scalingLists);
	if (scalingLists) {
		flag(true);
		for (let size = 0; size < 4; size++)
			for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
				// The first of each size by its numbers, the others like it.
				flag(matrix === 0);
				if (matrix > 0) code(1);
				else for (let left = (size > 1 ? 1 : 0) + (size === 0 ? 16 : 64); left > 0; left--) code(left % 5);
			}
	}
	bits.write(3, 2);
	flag(pcm);
	if (pcm) {
		bits.write(0x77, 8);
		code(0, 2);
		flag(true);
	}
	code(sets.length);
	for (const [number, set] of sets.entries()) {
		if (number > 0) flag('step' in set);
		if ('step' in set) {
			flag(set.step < 0);
			code(Math.abs(set.step) - 1);
			for (const kept of set.kept) {
				flag(kept === 'used');
				if (kept !== 'used') flag(kept === 'kept');
			}
			continue;
		}
		code(set.before.length, set.after.length);
		for (const distances of [set.before, set.after])
			for (const [n, distance] of distances.entries()) {
				code(Math.abs(distance - (distances[n - 1] ?? 0)) - 1);
				flag(true);
			}
	}
	flag(longTerm !== undefined);
	if (longTerm !== undefined) {
		code(longTerm);
		for (let left = longTerm; left > 0; left--) bits.write(5, 9);
	}
	bits.write(3, 2);
	flag(aspect !== undefined);
	if (aspect !== undefined) {
		flag(true);
		bits.write(typeof aspect === 'number' ? aspect : 255, 8);
		if (typeof aspect !== 'number') for (const side of aspect) bits.write(side, 16);
		bits.write(0, 7);
	}
	bits.write(1, 1);
	return escapeNal(Buffer.concat([Buffer.from([33 << 1, 1]), bits.bytes()]));
}

const format = { width: 640, height: 360, chromaFormat: 1, bitDepth: 10 };

test('the aspect of samples is read behind whatever a parameter set holds before it', (t) => {
	const explicit = { before: [-1, -3], after: [1] };
	const rest = { scalingLists: true, pcm: true, subLayers: 2, longTerm: 3 };
	t.deepEqual(hevcFormat(writeSps({ aspect: 4 })), { ...format, aspect: { num: 16, den: 11 } });
	t.deepEqual(hevcFormat(writeSps({ aspect: [5, 7], ...rest, sets: [explicit] })), {
		...format,
		aspect: { num: 5, den: 7 },
	});
	t.deepEqual(hevcFormat(writeSps({ aspect: 1 })), { ...format, aspect: undefined });
	t.deepEqual(hevcFormat(writeSps(rest)), { ...format, aspect: undefined });
});

test('a reference picture set told by its difference to another one does not hide the aspect', (t) => {
	const sets: WrittenSet[] = [
		{ before: [-1, -3], after: [1] },
		// -2; -4, which is dropped; 0, which no set holds; and -1: two pictures are left.
		{ step: -1, kept: ['used', 'dropped', 'used', 'kept'] },
		{ step: 2, kept: ['used', 'kept', 'used'] },
		{ before: [], after: [] },
		{ step: 1, kept: ['used'] },
	];
	t.deepEqual(hevcFormat(writeSps({ sets, aspect: 14 }))?.aspect, { num: 4, den: 3 });
});

test('a parameter set that is cut off tells its size if that is there, and never hangs', (t) => {
	const whole = writeSps({ scalingLists: true, sets: [{ before: [-1], after: [2] }], aspect: 4 });
	fc.assert(
		fc.property(fc.nat(whole.length), fc.nat(255), (length, filling) => {
			const found = hevcFormat(Buffer.concat([whole.subarray(0, length), Buffer.alloc(40, filling)]));
			t.true(length < 30 || found?.width === 640);
		}),
	);
});
