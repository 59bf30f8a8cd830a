import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { holesIn } from '../../../cutter/cut/source/run.ts';
import { dateFromTicks, TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';
import { touching } from '../../../cutter/video/widen.ts';
import { Problem, refusals } from '../problem.ts';
import { rawAnswer } from '../raw-answer.ts';
import { time } from '../times.ts';
import { clientSignal } from './client-signal.ts';
import { coverageOf, drawCoverage, type QualityCoverage } from './coverage.ts';
import { LIMITS } from './limits.ts';
import { explainMakingError } from './making-errors.ts';
import { picturesOf } from './pictures.ts';
import { channelParams, qualityParams, rangeQuery, ticksOf, wholeNumber, yesOrNo } from './queries.ts';
import type { SegmentServer } from './segment-server.ts';

/** Of a long range as much is read as goes into this (ms); the answer says that it is not complete. */
const BUDGET = 10_000;

const hole = z
	.object({ start: time, end: time })
	.describe('Without length: the segment before is incomplete, and may end early');
const peak = z.number().nullable().describe('Part of full scale, -1 to 1; null: no sound');

const waveformSchema = z.object({
	start: time,
	end: time,
	min: z.array(peak),
	max: z.array(peak),
	complete: z
		.boolean()
		.describe('Whether all of the sound was read. If not, ask again: what was read is remembered.'),
});

const picturesSchema = z.object({
	start: time,
	end: time,
	count: z.number(),
	first: time.nullable(),
	last: time.nullable(),
	frameRate: z
		.object({ numerator: z.number(), denominator: z.number() })
		.nullable()
		.describe('Pictures per second'),
	constantRate: z.boolean(),
	keyframes: z.array(time),
	pictures: z.array(time).optional(),
	holes: z.array(hole),
	complete: z.boolean().describe('Whether all segments were read. If not, ask again.'),
});

const coverageSchema = z.object({
	channel: z.string(),
	start: time,
	end: time,
	qualities: z.array(
		z.object({
			quality: z.string(),
			segments: z.number(),
			coveredSeconds: z.number(),
			holes: z.array(hole.extend({ seconds: z.number() })),
			first: time.nullable().describe('Where the whole recording of this quality begins'),
			last: time.nullable().describe('Where it ends: the live edge'),
		}),
	),
});

/** What a time line shows: the sound, the pictures, and what is there at all. */
export function timelineRoutes(server: SegmentServer): FastifyPluginAsyncZod {
	return async (app) => {
		app.get(
			'/segments/:channel/:quality/waveform.json',
			{
				config: { access: 'viewer' },
				exposeHeadRoute: false,
				schema: {
					tags: ['segments'],
					summary: 'The peaks of the sound of a range.',
					params: qualityParams,
					querystring: rangeQuery(LIMITS.waveformHours, {
						peaks: wholeNumber(1, LIMITS.peaks).describe('Into how many equal parts the range is divided'),
					}),
					response: { 200: waveformSchema, ...refusals },
				},
			},
			async ({ params, query }, reply) => {
				const store = await server.store(params);
				const { ffmpeg } = await server.tools();
				const { start, end } = ticksOf(query);
				const { segments } = await server.index.sequence(store, start, end);
				const waveform = await server.work.readings
					.run(clientSignal(reply), (signal) =>
						server.waveforms.read(
							touching(segments, start, end),
							{ start, end, count: query.peaks },
							{ ffmpeg, signal, budgetMs: BUDGET },
						),
					)
					.catch((error: unknown) => {
						throw explainMakingError(error);
					});
				return { start: query.start, end: query.end, ...waveform };
			},
		);
		app.get(
			'/segments/:channel/:quality/pictures.json',
			{
				config: { access: 'viewer' },
				exposeHeadRoute: false,
				schema: {
					tags: ['segments'],
					summary: 'The keyframes of a range, its frame rate and its holes; of a short range all pictures.',
					params: qualityParams,
					querystring: rangeQuery(LIMITS.picturesHours, {
						all: yesOrNo.optional().describe(`List every picture of at most ${LIMITS.pictureListSeconds} s`),
					}),
					response: { 200: picturesSchema, ...refusals },
				},
			},
			async ({ params, query }, reply) => {
				const store = await server.store(params);
				const { start, end } = ticksOf(query);
				if (query.all && end - start > LIMITS.pictureListSeconds * TICKS_PER_SECOND)
					throw new Problem(
						400,
						`Pictures are listed of at most ${LIMITS.pictureListSeconds} s; ask for less.`,
						{
							field: 'end',
						},
					);
				const sequence = await server.index.sequence(store, start, end);
				const read = await server.work.readings.run(clientSignal(reply), async (signal) => {
					const deadline = performance.now() + BUDGET;
					const known = [];
					for (const segment of sequence.segments) {
						signal.throwIfAborted();
						if (performance.now() > deadline) break;
						known.push({ segment, facts: await server.facts.facts(segment.path) });
					}
					return known;
				});
				const found = picturesOf(read, start, end);
				return {
					...found,
					start: query.start,
					end: query.end,
					first: dateOf(found.first),
					last: dateOf(found.last),
					frameRate: found.frameRate ?? null,
					keyframes: found.keyframes.map(dateFromTicks),
					...(query.all && { pictures: found.times.map(dateFromTicks) }),
					holes: holesIn(sequence.holes, start, end).map(datesOf),
					complete: read.length === sequence.segments.length,
				};
			},
		);
		const query = rangeQuery(LIMITS.coverageHours, {});
		app.get(
			'/segments/:channel/coverage.json',
			{
				config: { access: 'viewer' },
				schema: {
					tags: ['segments'],
					summary: 'What this node has of a range, in every quality.',
					params: channelParams,
					querystring: query,
					response: { 200: coverageSchema, ...refusals },
				},
			},
			async ({ params: { channel }, query: range }, reply) => {
				reply.header('cache-control', 'no-cache');
				const qualities = await coverage(server, channel, ticksOf(range));
				return {
					channel,
					start: range.start,
					end: range.end,
					qualities: qualities.map(({ quality, segments, covered, holes, extent }) => ({
						quality,
						segments,
						coveredSeconds: seconds(covered),
						holes: holes.map((one) => ({ ...datesOf(one), seconds: seconds(one.end - one.start) })),
						first: dateOf(extent?.start),
						last: dateOf(extent?.end),
					})),
				};
			},
		);
		app.get(
			'/segments/:channel/coverage.svg',
			{
				config: { access: 'viewer' },
				schema: {
					tags: ['segments'],
					summary: 'The same as a picture.',
					params: channelParams,
					querystring: query,
					response: { 200: rawAnswer('image/svg+xml', 'The picture.'), ...refusals },
				},
			},
			async ({ params: { channel }, query: range }, reply) => {
				const ticks = ticksOf(range);
				const qualities = await coverage(server, channel, ticks);
				const svg = drawCoverage(channel, ticks, qualities, (at) => dateFromTicks(at).toISOString());
				return reply.type('image/svg+xml').header('cache-control', 'no-cache').send(svg);
			},
		);
	};
}

async function coverage(
	server: SegmentServer,
	channel: string,
	range: { start: number; end: number },
): Promise<QualityCoverage[]> {
	const found: QualityCoverage[] = [];
	for (const quality of await server.qualities(channel)) {
		const store = await server.store({ channel, quality });
		const sequence = await server.index.sequence(store, range.start, range.end);
		found.push(coverageOf(quality, sequence, range, await server.index.extent(store)));
	}
	return found;
}

function dateOf(ticks: number | undefined): Date | null {
	return ticks === undefined ? null : dateFromTicks(ticks);
}

function datesOf({ start, end }: { start: number; end: number }): { start: Date; end: Date } {
	return { start: dateFromTicks(start), end: dateFromTicks(end) };
}

function seconds(ticks: number): number {
	return Math.round((ticks / TICKS_PER_SECOND) * 1000) / 1000;
}
