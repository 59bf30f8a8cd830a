import { open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import parseRange from 'range-parser';
import { z } from 'zod';
import { parseHourFolder, parseSegmentName } from '../../../cutter/segments/name.ts';
import { mediaType } from '../../../cutter/upload/container.ts';
import { Problem, refusals } from '../problem.ts';
import { rawAnswer } from '../raw-answer.ts';
import { matchesTag } from './entity-tag.ts';
import { qualityParams } from './queries.ts';
import type { SegmentServer } from './segment-server.ts';

const segmentParams = qualityParams.extend({
	hour: z.string().refine((hour) => parseHourFolder(hour) !== undefined, {
		error: 'an hour is written like 2026-05-01T12',
	}),
	name: z.string().refine((name) => parseSegmentName(0, name) !== undefined, {
		error: 'a segment is called MM:SS.ffffff-DURATION-TYPE-HASH.ts',
	}),
});

/** The segments themselves, whole or in part. They never change: their names hold their hashes. */
export function segmentFileRoutes(server: SegmentServer): FastifyPluginAsyncZod {
	return async (app) => {
		app.route({
			method: ['GET', 'HEAD'],
			url: '/segments/:channel/:quality/:hour/:name',
			config: { access: 'viewer' },
			schema: {
				tags: ['segments'],
				summary: 'A segment (MPEG-TS). Takes a range of bytes.',
				params: segmentParams,
				response: {
					200: rawAnswer('video/mp2t', 'The segment.'),
					206: rawAnswer('video/mp2t', 'The range of it.'),
					...refusals,
				},
			},
			handler: async (request, reply) => {
				const { channel, quality, hour, name } = request.params;
				const store = await server.store({ channel, quality });
				const segment = await server.index.find(store, hour, name);
				if (segment === undefined)
					throw new Problem(404, `This node has no segment ${hour}/${name} of ${channel}/${quality}.`);
				return await sendSegment(segment.path, parseSegmentName(0, name)!.hash, request, reply);
			},
		});
	};
}

async function sendSegment(path: string, hash: string, request: FastifyRequest, reply: FastifyReply) {
	const tag = `"${hash}"`;
	reply
		.header('etag', tag)
		.header('accept-ranges', 'bytes')
		.header('cache-control', 'private, max-age=31536000, immutable');
	if (matchesTag(request.headers['if-none-match'], tag)) return reply.code(304).send();
	const file = await open(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') throw error;
		throw new Problem(404, 'This segment is gone since it was listed.');
	});
	try {
		const { size } = await file.stat();
		const range = wantedRange(request, size, tag);
		if (range === 'unsatisfiable') {
			reply.removeHeader('etag').header('content-range', `bytes */${size}`);
			throw new Problem(416, `The segment has ${size} bytes; the range that was asked for lies behind them.`);
		}
		const { start, end } = range ?? { start: 0, end: size - 1 };
		if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
		reply.type(mediaType('mpegts')).header('content-length', end - start + 1);
		if (request.method === 'HEAD' || size === 0) {
			await file.close();
			return reply.send();
		}
		return reply.send(file.createReadStream({ start, end, highWaterMark: 256 * 1024 }));
	} catch (error) {
		await file.close();
		throw error;
	}
}

/** The one range that a request wants; undefined for all. Several at once are answered with all, as one may (RFC 9110, 14.2). */
function wantedRange(
	{ headers }: FastifyRequest,
	size: number,
	tag: string,
): { start: number; end: number } | 'unsatisfiable' | undefined {
	const wanted = headers.range;
	const condition = headers['if-range'];
	if (wanted === undefined || (condition !== undefined && condition !== tag)) return undefined;
	const ranges = parseRange(size, wanted);
	if (ranges === -1) return 'unsatisfiable';
	if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
	return ranges[0];
}
