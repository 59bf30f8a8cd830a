import { z } from 'zod';

const reason = z.string().trim().max(500).optional();

/** What operators do to events, to one or to many. */
export const actionSchema = z.discriminatedUnion('kind', [
	z
		.strictObject({ kind: z.literal('retry') })
		.describe(
			'Try again now: what failed, what waits for its next attempt, or an upload that is to be resolved.',
		),
	z.strictObject({ kind: z.literal('cancel'), reason }).describe('EDITED, CLAIMED → UNEDITED'),
	z
		.strictObject({ kind: z.literal('re-edit'), reason })
		.describe('UPLOADED → UNEDITED; the video stays where it is.'),
	z
		.strictObject({
			kind: z.literal('resolve-uploaded'),
			video_link: z
				.url({ protocol: /^(https?|file)$/, error: 'the address of the video, such as https://youtu.be/…' })
				.max(2_000),
		})
		.describe('FINALIZING → UPLOADED: somebody has seen the video there.'),
	z
		.strictObject({ kind: z.literal('resolve-absent') })
		.describe(
			'FINALIZING → EDITED: the video is surely not there and will not come; else it is published twice.',
		),
	z
		.strictObject({ kind: z.literal('revoke-lease') })
		.describe('Takes the work away from a node that is gone for good.'),
	z
		.strictObject({
			kind: z.literal('change'),
			priority: z.int().min(-1_000_000).max(1_000_000).optional(),
			uploader_whitelist: z
				.array(z.string().trim().min(1).max(200))
				.min(1)
				.max(100)
				.nullable()
				.optional()
				.describe('null: any node'),
			upload_location: z.string().max(200).optional(),
			allow_holes: z.boolean().optional(),
		})
		.refine(({ kind, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
			error: 'names nothing to change',
		})
		.describe('Sets what is named.'),
]);

export type Action = z.output<typeof actionSchema>;

/** So many events one request may act upon; a page asks again for more. */
export const MOST_IDS = 500;

export const actionBody = z
	.strictObject({
		action: actionSchema,
		ids: z
			.array(z.uuid())
			.min(1, { error: 'names no event' })
			.max(MOST_IDS, { error: `names more than ${MOST_IDS} events` })
			.refine((ids) => new Set(ids).size === ids.length, { error: 'names an event twice' }),
	})
	.refine(({ action, ids }) => action.kind !== 'resolve-uploaded' || ids.length === 1, {
		error: 'a link is of one video, so name one event',
		path: ['ids'],
	});

export const actionAnswers = z.object({
	answers: z
		.array(z.object({ id: z.uuid(), done: z.boolean(), sentence: z.string() }))
		.describe('One per event, in the order of the ids.'),
});
