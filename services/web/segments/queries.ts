import { z } from 'zod';
import { ticksFromDate } from '../../../cutter/segments/ticks.ts';
import { isFileName } from '../../../cutter/upload/safe-name.ts';
import { time } from '../times.ts';

const HOUR = 3_600_000;

const name = (what: string) =>
	z
		.string({ error: `the name of ${what}` })
		.refine((value) => isFileName(value), { error: `this cannot be the name of ${what}` })
		.describe(`The name of ${what} in the segment store of this node`);

/** Parameters of routes below a channel, and below one of its qualities. */
export const channelParams = z.object({ channel: name('a channel') });
export const qualityParams = z.object({ channel: name('a channel'), quality: name('a quality') });

/** What is wrong with a range, and in which parameter. */
function rangeProblem(
	{ start, end }: { start: Date; end: Date },
	mostHours: number,
): { field: 'start' | 'end'; sentence: string } | undefined {
	if (start >= end) return { field: 'end', sentence: 'the end must lie after the start' };
	if (end.getTime() - start.getTime() > mostHours * HOUR)
		return {
			field: 'end',
			sentence: `the end lies more than ${mostHours} hours after the start; ask for less`,
		};
	return undefined;
}

/** A query with a range [start, end) of at most so many hours, and further parameters. Unknown ones are refused. */
export function rangeQuery<Shape extends z.core.$ZodLooseShape>(mostHours: number, shape: Shape) {
	return z.strictObject({ start: time, end: time, ...shape }).check(({ value, issues }) => {
		const { start, end } = value as Record<string, unknown>;
		// A time that cannot be read is refused already, and still comes here.
		if (!(start instanceof Date && end instanceof Date)) return;
		const problem = rangeProblem({ start, end }, mostHours);
		if (problem !== undefined)
			issues.push({ code: 'custom', message: problem.sentence, path: [problem.field], input: value });
	});
}

/** A query of a playlist: both times may be left out. */
export function playedQuery(mostHours: number) {
	return z
		.strictObject({
			start: time.optional().describe('Without it: the last minutes'),
			end: time.optional().describe('Without it: up to the live edge, and on with it'),
		})
		.check(({ value, issues }) => {
			const { start, end } = value;
			const isRead = (one: unknown) => one === undefined || one instanceof Date;
			if (!isRead(start) || !isRead(end)) return;
			if (start === undefined) {
				if (end !== undefined)
					issues.push({ code: 'custom', message: 'an end needs a start', path: ['start'], input: value });
				return;
			}
			const problem = rangeProblem(
				{ start, end: end ?? new Date(Math.max(Date.now(), start.getTime() + 1)) },
				mostHours,
			);
			if (problem === undefined) return;
			const sentence =
				end === undefined
					? `the start lies more than ${mostHours} hours back; ask for less`
					: problem.sentence;
			const field = end === undefined ? 'start' : problem.field;
			issues.push({ code: 'custom', message: sentence, path: [field], input: value });
		});
}

/** A whole number in a query. */
export function wholeNumber(least: number, most: number) {
	const error = `a whole number from ${least} to ${most}`;
	return z
		.string({ error })
		.regex(/^\d{1,9}$/, { error })
		.transform(Number)
		.refine((value) => value >= least && value <= most, { error });
}

/** A number of seconds in a query. */
export function secondsUpTo(most: number, least = 0) {
	const error = `a number of seconds from ${least} to ${most}`;
	return z
		.string({ error })
		.regex(/^\d{1,6}(\.\d{1,6})?$/, { error })
		.transform(Number)
		.refine((value) => value >= least && value <= most, { error });
}

/** `true` or `false` in a query. */
export const yesOrNo = z
	.enum(['true', 'false'], { error: 'true or false' })
	.transform((value) => value === 'true');

/** Ticks of a range. */
export function ticksOf({ start, end }: { start: Date; end: Date }): { start: number; end: number } {
	return { start: ticksFromDate(start), end: ticksFromDate(end) };
}
