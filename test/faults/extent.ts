/** How much of what can fail is tried. */
import test, { type TestFn } from 'ava';

/** `few` with all other tests (`npm test`), in a minute; `short` by CI after them; `all` by `npm run test:faults`. */
type Extent = 'few' | 'short' | 'all';

const EXTENT = (process.env.CUTSHEET_FAULTS ?? 'few') as Extent;
if (!['few', 'short', 'all'].includes(EXTENT))
	throw new Error(`CUTSHEET_FAULTS is ${EXTENT}: set it to few, short or all.`);

export const ALL = EXTENT === 'all';
export const FEW = EXTENT === 'few';

/** For a test that takes long, and is not the one of its kind that `npm test` tries: left out there. */
export const longTest: TestFn = FEW ? (test.skip as TestFn) : test;
