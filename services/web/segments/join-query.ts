import { z } from 'zod';
import { XFADE_KINDS } from '../../../cutter/cut/plan/xfade-kinds.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { TICKS_PER_SECOND, ticksFromDate } from '../../../cutter/segments/ticks.ts';
import { time } from '../times.ts';
import { LIMITS } from './limits.ts';
import type { Join } from './make-join.ts';
import { secondsUpTo } from './queries.ts';

const kinds = ['none', ...XFADE_KINDS];

export const joinQuery = z
	.strictObject({
		from: time.optional().describe('Where the first range begins, if that is near'),
		end: time.describe('Where the first range ends'),
		start: time.describe('Where the second range begins'),
		to: time.optional().describe('Where the second range ends, if that is near'),
		kind: z
			.string()
			.refine((kind) => kinds.includes(kind), { error: `the kind of a transition: ${kinds.join(', ')}` })
			.default('none')
			.describe('none: a hard cut'),
		seconds: secondsUpTo(LIMITS.transitionSeconds, 0.1).default(1).describe('How long the transition lasts'),
		around: secondsUpTo(LIMITS.joinSeconds, 0.1)
			.default(1.5)
			.describe('What is shown before it and after it'),
	})
	.refine(({ from, end }) => from === undefined || from < end, {
		path: ['from'],
		error: 'the first range must begin before it ends',
	})
	.refine(({ start, to }) => to === undefined || start < to, {
		path: ['to'],
		error: 'the second range must end after it begins',
	});

/** What a query asks to be shown: the end of the first range, the transition, the beginning of the second. */
export function joinOf(store: SegmentStore, query: z.output<typeof joinQuery>): Join {
	const { kind, seconds, around, from, to, end, start } = query;
	const transition = kind === 'none' ? null : { kind, seconds };
	const length = Math.round((around + (transition?.seconds ?? 0)) * TICKS_PER_SECOND);
	const [before, after] = [ticksFromDate(end), ticksFromDate(start)];
	return {
		store,
		before: { start: Math.max(from ? ticksFromDate(from) : 0, before - length), end: before },
		after: { start: after, end: Math.min(to ? ticksFromDate(to) : after + length, after + length) },
		transition,
	};
}
