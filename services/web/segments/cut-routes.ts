import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { statsOf } from '../../../cutter/segments/on-disk.ts';
import type { SegmentStore } from '../../../cutter/segments/store.ts';
import { fileEnding, mediaType } from '../../../cutter/upload/container.ts';
import { safeName } from '../../../cutter/upload/safe-name.ts';
import { makeVideo } from '../../../cutter/video/make-video.ts';
import { touching } from '../../../cutter/video/widen.ts';
import { Problem, refusals } from '../problem.ts';
import { rawAnswer } from '../raw-answer.ts';
import { BusyError } from './bounded-work.ts';
import { clientSignal } from './client-signal.ts';
import { joinOf, joinQuery } from './join-query.ts';
import { LIMITS } from './limits.ts';
import { makeJoin } from './make-join.ts';
import { explainMakingError } from './making-errors.ts';
import { qualityParams, rangeQuery, ticksOf, yesOrNo } from './queries.ts';
import type { SegmentServer, WorkKind } from './segment-server.ts';

/** Files that are on their way to clients, which may be slow: each takes room. */
const MOST_DOWNLOADS = 8;

const cutQuery = rangeQuery(LIMITS.cutHours, {
	container: z.enum(['mpegts', 'mp4', 'matroska'], { error: 'mpegts, mp4 or matroska' }).default('mp4'),
	allow_holes: yesOrNo.optional().describe('Leave missing segments out instead of refusing'),
	title: z
		.string({ error: 'a title' })
		.max(500, { error: 'a title of at most 500 characters' })
		.optional()
		.describe('What the file is called; and it stands in MP4 and Matroska files'),
});

/** A cut as a download, and the preview of a join. */
export function cutRoutes(server: SegmentServer): FastifyPluginAsyncZod {
	const downloads = { open: 0 };
	return async (app) => {
		app.get(
			'/segments/:channel/:quality/cut',
			{
				config: { access: 'editor' },
				exposeHeadRoute: false,
				schema: {
					tags: ['segments'],
					summary: 'A range, cut exactly to the picture, as a file.',
					params: qualityParams,
					querystring: cutQuery,
					response: {
						200: rawAnswer('application/octet-stream', 'The file, in its media type.'),
						...refusals,
					},
				},
			},
			async ({ params, query }, reply) => {
				const store = await server.store(params);
				const { start, end, container, allow_holes = false, title } = query;
				await demandRoom(server, store, ticksOf(query));
				const date = start.toISOString();
				const tools = await server.tools();
				const file = await makeFile(
					server,
					'cuts',
					reply,
					downloads,
					fileEnding(container),
					(output, signal) =>
						makeVideo(
							{
								...{ store, ranges: [{ start, end }], allowHoles: allow_holes, mode: 'smart', container },
								metadata: { date, ...(title !== undefined && { title }) },
							},
							output,
							{ ...tools, log: server.log, signal },
						),
				);
				const name = safeName(
					title ?? `${params.channel} ${date.replaceAll(':', '-')}`,
					fileEnding(container),
				);
				return reply
					.type(mediaType(container))
					.header('content-disposition', attachment(name))
					.header('content-length', file.size)
					.header('cache-control', 'no-store')
					.send(file.stream);
			},
		);
		app.get(
			'/segments/:channel/:quality/join.mp4',
			{
				config: { access: 'editor' },
				exposeHeadRoute: false,
				schema: {
					tags: ['segments'],
					summary: 'How one range would go over into the next: a few small seconds.',
					params: qualityParams,
					querystring: joinQuery,
					response: { 200: rawAnswer('video/mp4', 'The preview.'), ...refusals },
				},
			},
			async ({ params, query }, reply) => {
				const store = await server.store(params);
				const { ffmpeg } = await server.tools();
				const file = await makeFile(server, 'pictures', reply, downloads, '.mp4', (output, signal) =>
					makeJoin(joinOf(store, query), output, { ffmpeg, signal }),
				);
				return reply
					.type(mediaType('mp4'))
					.header('content-length', file.size)
					.header('cache-control', 'private, max-age=300')
					.send(file.stream);
			},
		);
	};
}

/**
 * Makes a file in the spool folder and opens it. The file has no name any more: it is gone from the disk as soon as it is
 * sent, or its client is gone, or this service ends.
 */
async function makeFile(
	server: SegmentServer,
	kind: WorkKind,
	reply: FastifyReply,
	downloads: { open: number },
	ending: string,
	make: (output: string, signal: AbortSignal) => Promise<unknown>,
) {
	if (downloads.open >= MOST_DOWNLOADS)
		throw new BusyError(
			503,
			'As many files as this node can hold are being downloaded just now. Try again soon.',
		);
	const output = path.join(server.spoolFolder, `.download-${randomUUID()}${ending}`);
	let file: FileHandle;
	try {
		file = await server.work[kind].run(clientSignal(reply), async (signal) => {
			await make(output, signal);
			return await open(output);
		});
	} catch (error) {
		throw explainMakingError(error);
	} finally {
		await rm(output, { force: true });
	}
	const { size } = await file.stat();
	downloads.open++;
	const stream = file.createReadStream({ highWaterMark: 256 * 1024 });
	stream.once('close', () => downloads.open--);
	return { size, stream };
}

/** Free bytes that a cut must leave on the spool's disk. */
const RESERVE = 1_000_000_000;

/** The file and, for a container, the stream that it is packed from lie there at once. */
const COPIES = 2;

async function demandRoom(
	server: SegmentServer,
	store: SegmentStore,
	{ start, end }: { start: number; end: number },
): Promise<void> {
	const { segments } = await server.index.sequence(store, start, end);
	let bytes = 0;
	for (const { path } of touching(segments, start, end)) bytes += (await statsOf(path))?.size ?? 0;
	const { bavail, bsize } = await statfs(server.spoolFolder);
	if (COPIES * bytes + RESERVE <= bavail * bsize) return;
	throw new Problem(
		507,
		`This cut would take some ${Math.ceil(bytes / 1e6)} MB, for which this node has no room in ${server.spoolFolder}. Ask for less.`,
	);
}

/** Content-Disposition for a name of any script (RFC 6266, appendix D; the encoding is that of RFC 8187). */
export function attachment(name: string): string {
	const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
	const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
	return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
