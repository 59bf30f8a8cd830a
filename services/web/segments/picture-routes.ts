import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readFrameAt } from '../../../cutter/thumbnail/frame-at.ts';
import { type Area, makeThumbnail, type Thumbnail } from '../../../cutter/thumbnail/make-thumbnail.ts';
import { Problem, refusals } from '../problem.ts';
import { rawAnswer } from '../raw-answer.ts';
import { time } from '../times.ts';
import { clientSignal } from './client-signal.ts';
import { LIMITS } from './limits.ts';
import { explainMakingError } from './making-errors.ts';
import { qualityParams, wholeNumber } from './queries.ts';
import type { SegmentServer } from './segment-server.ts';

const FORMATS = [
	{ ending: 'jpg', format: 'jpeg', type: 'image/jpeg' },
	{ ending: 'png', format: 'png', type: 'image/png' },
] as const;

const frameQuery = z.strictObject({
	at: time,
	width: wholeNumber(16, LIMITS.frameWidth).optional().describe('Pixels; without it the picture as it is'),
});

const areaError = 'four whole numbers x,y,width,height';
const area = z
	.string({ error: areaError })
	.regex(/^\d{1,5},\d{1,5},\d{1,5},\d{1,5}$/, { error: areaError })
	.transform((text): Area => {
		const [x = 0, y = 0, width = 0, height = 0] = text.split(',').map(Number);
		return { x, y, width, height };
	});

const thumbnailQuery = z.strictObject({
	at: time,
	template: z.string({ error: 'the name of a template' }).optional(),
	crop: area.optional().describe('Which part of the frame: x,y,width,height in pixels'),
	position: area.optional().describe('Where on the template: x,y,width,height in pixels'),
});

/** A picture may be another one later, when missing segments come; so it is kept only for a while. */
const CACHE = 'private, max-age=300';

/** Frames, and thumbnails as they would be. */
export function pictureRoutes(server: SegmentServer): FastifyPluginAsyncZod {
	return async (app) => {
		for (const { ending, format, type } of FORMATS) {
			app.get(
				`/segments/:channel/:quality/frame.${ending}`,
				{
					config: { access: 'viewer' },
					exposeHeadRoute: false,
					schema: {
						tags: ['segments'],
						summary: `The picture that is shown at a time, as ${format.toUpperCase()}.`,
						params: qualityParams,
						querystring: frameQuery,
						response: { 200: rawAnswer(type, 'The picture.'), ...refusals },
					},
				},
				async ({ params, query: { at, width } }, reply) => {
					const store = await server.store(params);
					const { ffmpeg } = await server.tools();
					const image = await server.work.pictures
						.run(clientSignal(reply), (signal) =>
							readFrameAt(store, at, { format, width }, { ffmpeg, signal }),
						)
						.catch((error: unknown) => {
							throw explainMakingError(error, { noVideo: 404 });
						});
					return reply.type(type).header('cache-control', CACHE).send(image);
				},
			);
			app.get(
				`/segments/:channel/:quality/thumbnail.${ending}`,
				{
					config: { access: 'editor' },
					exposeHeadRoute: false,
					schema: {
						tags: ['segments'],
						summary: `The frame at a time beneath a template, as it would be published, as ${format.toUpperCase()}.`,
						params: qualityParams,
						querystring: thumbnailQuery,
						response: { 200: rawAnswer(type, 'The picture.'), ...refusals },
					},
				},
				async ({ params, query }, reply) => {
					const store = await server.store(params);
					const { ffmpeg } = await server.tools();
					const thumbnail = thumbnailOf(query, server.templates);
					const file = path.join(server.spoolFolder, `.thumbnail-${randomUUID()}.${ending}`);
					try {
						await server.work.pictures.run(clientSignal(reply), async (signal) => {
							await makeThumbnail(thumbnail, file, format, { store, ffmpeg, signal });
						});
						return reply
							.type(type)
							.header('cache-control', CACHE)
							.send(await readFile(file));
					} catch (error) {
						throw explainMakingError(error, { noVideo: 400 });
					} finally {
						await rm(file, { force: true });
					}
				},
			);
		}
	};
}

function thumbnailOf(
	{ at, template, crop, position }: z.output<typeof thumbnailQuery>,
	templates: Readonly<Record<string, string>>,
): Thumbnail {
	if (template === undefined) {
		const field = crop ? 'crop' : 'position';
		if (crop ?? position)
			throw new Problem(400, `The query's ${field} is for thumbnails with a template, and there is none.`, {
				field,
			});
		return { kind: 'frame', at };
	}
	const image = Object.hasOwn(templates, template) ? templates[template] : undefined;
	if (image !== undefined)
		return { kind: 'template', at, template: image, ...(crop && { crop }), ...(position && { position }) };
	const known = Object.keys(templates).join(', ') || 'none';
	throw new Problem(400, `There is no template “${template}” on this node. There are: ${known}.`, {
		field: 'template',
	});
}
