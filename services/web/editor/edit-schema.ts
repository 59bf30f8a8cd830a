import { z } from 'zod';

/** A time to the millisecond as the row's JSON spells it. */
const utc = z
	.string()
	.regex(/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z$/, {
		error: 'a time is written like 2026-05-01T12:00:00.000Z (UTC)',
	})
	.refine((text) => !Number.isNaN(Date.parse(text)), { error: 'there is no such time' });

const pixels = z.int().min(0).max(99_999);
const area = z.strictObject({ x: pixels, y: pixels, width: pixels, height: pixels });

/** Which picture the video gets; null: the location's own choice. */
export const thumbnailSchema = z.discriminatedUnion('kind', [
	z.strictObject({ kind: z.literal('none') }),
	z.strictObject({ kind: z.literal('frame'), at: utc }),
	z.strictObject({
		kind: z.literal('template'),
		at: utc,
		template: z.string().min(1).max(200),
		crop: area.optional(),
		position: area.optional(),
	}),
	z.strictObject({ kind: z.literal('image'), image: z.uuid() }),
]);

const text = z.string().max(100_000);
/** As long as a cell of a sheet may be: what a row has of there can be submitted as it is. */
const word = z.string().trim().min(1, { error: 'a word of at least one character' }).max(50_000);
const words = z.array(word).max(10_000);

/** What a video is called and shown as: may change after the upload too. */
export const publishedSchema = z.strictObject({
	video_title: text,
	video_description: text,
	video_chapters: z.array(z.strictObject({ at: utc, title: z.string().max(200) })).max(100),
	tags: words,
	video_unlisted: z.boolean(),
	thumbnail: thumbnailSchema.nullable(),
});

/** All that an editor decides about an event, as far as it is decided: a draft may lack marks. */
export const editSchema = z.strictObject({
	ranges: z
		.array(
			z.strictObject({
				start: utc.nullable(),
				end: utc.nullable(),
				join: z
					.strictObject({ kind: z.string().max(40), seconds: z.number().min(0).max(1_000_000) })
					.nullable()
					.describe('How it takes over from the range before it; null is a hard cut.'),
			}),
		)
		.max(1_000),
	...publishedSchema.shape,
	upload_location: z.string().max(50_000),
	uploader_whitelist: words.nullable(),
	allow_holes: z.boolean(),
});

export type EditDocument = z.output<typeof editSchema>;

/**
 * The same as it is told: a row may hold what came there by SQL or from a sheet, and one that is longer than we would take is
 * shown all the same, so that somebody can shorten it.
 */
export const toldEditSchema: z.ZodType<EditDocument> = z.object({
	ranges: z.array(
		z.object({
			start: z.string().nullable(),
			end: z.string().nullable(),
			join: z.object({ kind: z.string(), seconds: z.number() }).nullable(),
		}),
	),
	video_title: z.string(),
	video_description: z.string(),
	video_chapters: z.array(z.object({ at: z.string(), title: z.string() })),
	tags: z.array(z.string()),
	video_unlisted: z.boolean(),
	thumbnail: thumbnailSchema.nullable(),
	upload_location: z.string(),
	uploader_whitelist: z.array(z.string()).nullable(),
	allow_holes: z.boolean(),
});
