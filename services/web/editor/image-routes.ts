import { readFile } from 'node:fs/promises';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LARGEST_FILE, LARGEST_SIDE, readImageHead } from '../../../cutter/thumbnail/plan-thumbnail.ts';
import { signedIn } from '../access/require-access.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';

/** The bytes of a file, as they are. */
const file = z.custom<Buffer>();

/** So many images of one person wait to be used by a video, at most: the database is no picture store. */
const MOST_A_DAY = 200;

/** Images for thumbnails: those that editors bring, and the templates that the configuration names. */
export const imageRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, config }) => {
	app.addContentTypeParser(
		['image/png', 'image/jpeg'],
		{ parseAs: 'buffer', bodyLimit: LARGEST_FILE },
		async (_request: unknown, body: Buffer) => body,
	);

	app.post(
		'/api/images',
		{
			config: { access: 'editor' },
			bodyLimit: LARGEST_FILE,
			schema: {
				summary: `Keeps an image for a thumbnail: the body is a PNG or JPEG file of up to ${LARGEST_FILE} bytes.`,
				response: {
					200: z.object({ id: z.uuid(), width: z.number(), height: z.number() }),
					...refusals,
				},
			},
		},
		async (request) => {
			const bytes = request.body;
			const image = Buffer.isBuffer(bytes) ? readImageHead(bytes) : undefined;
			if (!Buffer.isBuffer(bytes) || image === undefined)
				throw new Problem(415, 'This is no PNG or JPEG image.', { field: 'thumbnail' });
			const { width, height } = image;
			if (Math.min(width, height) < 1 || Math.max(width, height) > LARGEST_SIDE)
				throw new Problem(
					413,
					`The image is ${width} × ${height}; at most ${LARGEST_SIDE} pixels a side are taken.`,
					{
						field: 'thumbnail',
					},
				);
			const { name } = signedIn(request);
			const { count } = await db
				.selectFrom('images')
				.select((select) => select.fn.countAll<string>().as('count'))
				.where('uploaded_by', '=', name)
				.where('created_at', '>', new Date(Date.now() - 86_400_000))
				.executeTakeFirstOrThrow();
			if (Number(count) >= MOST_A_DAY)
				throw new Problem(429, `You brought ${count} images within a day; more are taken tomorrow.`);
			const { id } = await db
				.insertInto('images')
				.values({ bytes, uploaded_by: name })
				.returning('id')
				.executeTakeFirstOrThrow();
			return { id, width, height };
		},
	);

	app.get(
		'/api/images/:id',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'An image that an editor brought.',
				params: z.object({ id: z.uuid() }),
				response: { 200: file, ...refusals },
			},
		},
		async (request, reply) => {
			const image = await db
				.selectFrom('images')
				.select('bytes')
				.where('id', '=', request.params.id)
				.executeTakeFirst();
			if (image === undefined) throw new Problem(404, 'There is no such image.');
			const format = readImageHead(image.bytes)?.format ?? 'png';
			return reply
				.type(`image/${format}`)
				.header('cache-control', 'private, max-age=31536000, immutable')
				.send(image.bytes);
		},
	);

	app.get(
		'/api/thumbnail-templates/:name',
		{
			config: { access: 'viewer' },
			schema: {
				summary: 'A template image for thumbnails.',
				params: z.object({ name: z.string() }),
				response: { 200: file, ...refusals },
			},
		},
		async (request, reply) => {
			const { templates } = config.cutter;
			const { name } = request.params;
			const path = Object.hasOwn(templates, name) ? templates[name] : undefined;
			if (path === undefined) throw new Problem(404, `There is no template “${name}” on this node.`);
			const bytes = await readFile(path).catch(() => {
				throw new Problem(503, `The file of the template “${name}” cannot be read on this node.`);
			});
			return reply.type('image/png').header('cache-control', 'private, max-age=60').send(bytes);
		},
	);
};
