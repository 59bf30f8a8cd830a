import test from 'ava';
import fc from 'fast-check';
import { placeLabels } from '../../../../services/web/pages/editor/timeline-view.ts';

const VIEW = { from: 0, to: 1_000 };

/** A range that is as many pixels long as it is milliseconds. */
function range(number: number, from: number | null, to: number | null, active = false) {
	return { key: String(number), number, from, to, active };
}

function labels(...ranges: ReturnType<typeof range>[]): [string, number][] {
	return [...placeLabels(ranges, VIEW, 1_000, 64)].toSorted();
}

test('a range with room for it says its number at both ends, a narrow one once', (t) => {
	t.deepEqual(labels(range(1, 100, 200)), [
		['1 end', 0],
		['1 start', 0],
	]);
	t.deepEqual(labels(range(1, 100, 104)), [['1 start', 0]]);
	t.deepEqual(labels(range(1, null, 104)), [['1 end', 0]]);
});

test('labels of ranges beside each other go below each other, that of the active one on top', (t) => {
	t.deepEqual(labels(range(1, 100, 104), range(2, 105, 109, true), range(3, 300, 303)), [
		['1 start', 16],
		['2 start', 0],
		['3 start', 0],
	]);
});

test('labels for which there is no room are left out, and so are those out of sight', (t) => {
	const many = Array.from({ length: 9 }, (_, index) => range(index + 1, 100 + index, 101 + index));
	t.is(labels(...many).length, 4);
	t.deepEqual(labels(range(1, -500, -400), range(2, 1_200, 1_300)), []);
});

test('no label ever covers another one', (t) => {
	const time = fc.integer({ min: -50, max: 1_050 });
	const ranges = fc.array(fc.tuple(time, time, fc.boolean()), { maxLength: 30 });
	fc.assert(
		fc.property(ranges, (all) => {
			const given = all.map(([a, b, active], index) =>
				range(index + 1, Math.min(a, b), Math.max(a, b), active),
			);
			const boxes = [...placeLabels(given, VIEW, 1_000, 64)].map(([name, top]) => {
				const { number, from, to } = given[Number.parseInt(name, 10) - 1]!;
				const size = 8 + 7 * String(number).length;
				return { top, left: name.endsWith('start') ? from! : to! - size, size };
			});
			for (const [index, one] of boxes.entries()) {
				for (const other of boxes.slice(index + 1)) {
					if (one.top === other.top && one.left < other.left + other.size && other.left < one.left + one.size)
						return false;
				}
			}
			return true;
		}),
	);
	t.pass();
});
