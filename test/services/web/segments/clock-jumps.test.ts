import test from 'ava';
import fc from 'fast-check';
import { findClockJumps, type SegmentHead } from '../../../../services/web/segments/clock-jumps.ts';

const SECOND = 90_000;
const MODULUS = 2 ** 33;

/** Segments of 2 s whose clock begins anew, or whose format changes, where it is told. */
function recording(count: number, breaks: ReadonlySet<number>, first = 0) {
	const heads: SegmentHead[] = [];
	let [pts, format] = [first, 0];
	for (let n = 0; n < count; n++) {
		if (breaks.has(n)) {
			if (n % 2 === 0) pts = (n * 977 * SECOND) % MODULUS;
			else format++;
		}
		heads.push({ pts, format: String(format) });
		pts = (pts + 2 * SECOND) % MODULUS;
	}
	const segments = heads.map((_, n) => ({ start: 1e14 + n * 2 * SECOND }));
	return { segments, heads };
}

test('every place is found where the clock or the format breaks', async (t) => {
	const setOfNumbers = fc.uniqueArray(fc.integer({ min: 1, max: 1299 }), { maxLength: 12 });
	await fc.assert(
		fc.asyncProperty(setOfNumbers, fc.integer({ min: 0, max: MODULUS - 1 }), async (numbers, first) => {
			const breaks = new Set(numbers);
			const { segments, heads } = recording(1300, breaks, first);
			const found = await findClockJumps(segments, async (n) => heads[n]);
			t.deepEqual(
				[...found].sort((a, b) => a - b),
				[...breaks].sort((a, b) => a - b),
			);
		}),
		{ numRuns: 50 },
	);
});

test('twelve hours without a jump are known from less than a hundred heads', async (t) => {
	const { segments, heads } = recording(21_600, new Set());
	const asked = new Set<number>();
	const found = await findClockJumps(segments, async (n) => {
		asked.add(n);
		return heads[n];
	});
	t.is(found.size, 0);
	t.true(asked.size < 100, String(asked.size));
});

test('a clock of 33 bits that begins again at 0 does not jump', async (t) => {
	const { segments, heads } = recording(20, new Set(), MODULUS - 9 * SECOND);
	t.true(heads.some(({ pts }) => pts < 9 * SECOND));
	t.is((await findClockJumps(segments, async (n) => heads[n])).size, 0);
});

test('a recorder that begins every segment at 0 jumps before each', async (t) => {
	const segments = Array.from({ length: 40 }, (_, n) => ({ start: n * 2 * SECOND }));
	const found = await findClockJumps(segments, async () => ({ pts: 0, format: '' }));
	t.is(found.size, 39);
});

test('where a segment cannot be read the player begins anew', async (t) => {
	const { segments, heads } = recording(9, new Set());
	const found = await findClockJumps(segments, async (n) => (n === 8 ? undefined : heads[n]));
	t.deepEqual([...found], [8]);
});

test('one segment, or none, has no jump', async (t) => {
	const head = async () => ({ pts: 0, format: '' });
	t.is((await findClockJumps([{ start: 0 }], head)).size, 0);
	t.is((await findClockJumps([], head)).size, 0);
});
