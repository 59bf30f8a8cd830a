import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { dateFromTicks, ticksFromDate } from '../../../cutter/segments/ticks.ts';
import { Problem, refusals } from '../problem.ts';
import { rawAnswer } from '../raw-answer.ts';
import { time } from '../times.ts';
import { matchesTag } from './entity-tag.ts';
import { LIMITS } from './limits.ts';
import type { Played } from './make-playlist.ts';
import { writeMasterPlaylist, writeMediaPlaylist } from './playlist.ts';
import { channelParams, playedQuery, qualityParams } from './queries.ts';
import type { SegmentServer } from './segment-server.ts';

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** Also a past range may gain a segment, or lose one: browsers keep it, and ask each time whether it is still that. */
const REVALIDATED = 'private, no-cache';

const channelsSchema = z.object({
	channels: z.array(
		z.object({
			channel: z.string(),
			qualities: z.array(z.object({ quality: z.string(), start: time.nullable(), end: time.nullable() })),
		}),
	),
});

/** Which channels there are, and their playlists (HLS, RFC 8216). */
export function playlistRoutes(server: SegmentServer): FastifyPluginAsyncZod {
	return async (app) => {
		app.get(
			'/segments/channels.json',
			{
				config: { access: 'viewer' },
				schema: {
					tags: ['segments'],
					summary:
						'The channels and qualities in the segment store of this node, and from when to when they reach.',
					response: { 200: channelsSchema, ...refusals },
				},
			},
			async (_request, reply) => {
				reply.header('cache-control', 'no-store');
				return { channels: await channelsOf(server) };
			},
		);
		const query = playedQuery(LIMITS.playlistHours);
		app.get(
			'/segments/:channel/master.m3u8',
			{
				config: { access: 'viewer' },
				schema: {
					tags: ['segments'],
					summary: 'A master playlist with every quality that has something to play.',
					params: channelParams,
					querystring: query,
					response: { 200: rawAnswer(PLAYLIST_TYPE, 'The playlist.'), ...refusals },
				},
			},
			async ({ params: { channel }, query: { start, end } }, reply) => {
				const played = ticksOfPlayed(start, end);
				const text = queryText(start, end);
				const qualities = await server.qualities(channel);
				const variants = await Promise.all(
					qualities.map(async (quality) =>
						server.playlists.variant(await server.store({ channel, quality }), played, text),
					),
				);
				const there = variants.filter((variant) => variant !== undefined);
				if (there.length === 0) throw nothingThere(channel, start, end);
				return reply
					.type(PLAYLIST_TYPE)
					.header('cache-control', REVALIDATED)
					.send(writeMasterPlaylist(there));
			},
		);
		app.get(
			'/segments/:channel/:quality/media.m3u8',
			{
				config: { access: 'viewer' },
				schema: {
					tags: ['segments'],
					summary: 'The media playlist of a range: complete, growing up to its end, or live.',
					params: qualityParams,
					querystring: query,
					response: { 200: rawAnswer(PLAYLIST_TYPE, 'The playlist.'), ...refusals },
				},
			},
			async ({ params, headers, query: { start, end } }, reply) => {
				const store = await server.store(params);
				const played = ticksOfPlayed(start, end);
				// Before the playlist: what comes in meanwhile makes another tag.
				const tag = await server.playlists.tag(store, played);
				const isKnown = tag !== undefined && matchesTag(headers['if-none-match'], tag);
				const playlist = isKnown ? undefined : await server.playlists.media(store, played);
				if (!isKnown && playlist === undefined)
					throw nothingThere(`${params.channel}/${params.quality}`, start, end);
				reply.header('cache-control', REVALIDATED);
				if (tag !== undefined) reply.header('etag', tag);
				if (playlist === undefined) return reply.code(304).send();
				return reply.type(PLAYLIST_TYPE).send(writeMediaPlaylist(playlist));
			},
		);
	};
}

async function channelsOf(server: SegmentServer) {
	const { index } = server;
	const channels = [];
	for (const channel of await index.channels()) {
		const qualities = [];
		for (const quality of await index.qualities(channel)) {
			const extent = await index.extent(await server.store({ channel, quality }));
			const [start, end] = extent ? [dateFromTicks(extent.start), dateFromTicks(extent.end)] : [null, null];
			qualities.push({ quality, start, end });
		}
		channels.push({ channel, qualities });
	}
	return channels;
}

function ticksOfPlayed(start: Date | undefined, end: Date | undefined): Played {
	return { start: start && ticksFromDate(start), end: end && ticksFromDate(end) };
}

function queryText(start: Date | undefined, end: Date | undefined): string {
	const query = new URLSearchParams({
		...(start && { start: start.toISOString() }),
		...(end && { end: end.toISOString() }),
	});
	return query.size === 0 ? '' : `?${query}`;
}

function nothingThere(where: string, start: Date | undefined, end: Date | undefined): Problem {
	const from = start ? ` from ${start.toISOString()} on` : '';
	const range = start && end ? ` from ${start.toISOString()} to ${end.toISOString()}` : from;
	return new Problem(404, `This node has no video of ${where}${range}.`);
}
