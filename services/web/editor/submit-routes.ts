import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../../db/connect.ts';
import { cancelEvent } from '../../../db/transitions/cancel.ts';
import { submitEdit } from '../../../db/transitions/submit-edit.ts';
import { signedIn } from '../access/require-access.ts';
import { mayActAs } from '../access/rights.ts';
import { withActor } from '../access/with-actor.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { lastSeen, lockAsSeen } from './changes-since.ts';
import { eventParams, seenSchema } from './detail-routes.ts';
import { chaptersColumn, columnsOfDocument, inputsOfDocument } from './edit-document.ts';
import { editSchema, publishedSchema } from './edit-schema.ts';

const done = z.object({ seen: z.string() });

/** What editors do to an event: the same steps as on the command line, in the database's own rules. */
export const submitRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db }) => {
	app.post(
		'/api/events/:id/submit',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'UNEDITED → EDITED: a cutter takes it from there.',
				params: eventParams,
				body: z.strictObject({ edit: editSchema, seen: seenSchema }),
				response: { 200: done, ...refusals },
			},
		},
		(request) =>
			withActor(db, request, async (trx) => {
				const { id } = request.params;
				const { edit, seen } = request.body;
				const { name, id: account } = signedIn(request);
				const inputs = inputsOfDocument(edit);
				const event = await lockAsSeen(trx, id, seen);
				if (event.state === 'UNEDITED')
					await trx.updateTable('events').set(columnsOfDocument(edit)).where('id', '=', id).execute();
				await submitEdit(trx, id, {
					...inputs,
					title: edit.video_title,
					description: edit.video_description,
					editor: name,
				});
				await trx.deleteFrom('drafts').where('event_id', '=', id).where('account_id', '=', account).execute();
				return { seen: await lastSeen(trx, id) };
			}),
	);

	app.post(
		'/api/events/:id/cancel',
		{
			config: { access: 'editor' },
			schema: {
				summary:
					'Takes back what was submitted: EDITED or CLAIMED → UNEDITED. Editors their own, operators any.',
				params: eventParams,
				body: z.strictObject({ reason: z.string().trim().max(500).optional(), seen: seenSchema.optional() }),
				response: { 200: done, ...refusals },
			},
		},
		(request) =>
			withActor(db, request, async (trx) => {
				const { id } = request.params;
				const { name, role } = signedIn(request);
				const event = await lockAsSeen(trx, id, undefined);
				if (event.state === 'UPLOADED')
					throw new Problem(409, 'It is uploaded already: take it back with “Edit again”.');
				if (!mayActAs(role, 'operator') && event.editor !== name)
					throw new Problem(
						403,
						`${event.editor ?? 'Somebody else'} submitted this; only they or an operator can cancel it.`,
					);
				return cancel(trx, id, name, request.body.reason);
			}),
	);

	app.post(
		'/api/events/:id/re-edit',
		{
			config: { access: 'editor' },
			schema: {
				summary:
					'Takes an uploaded event back for another edit: UPLOADED → UNEDITED. The video stays where it is.',
				params: eventParams,
				body: z.strictObject({ reason: z.string().trim().max(500).optional(), seen: seenSchema.optional() }),
				response: { 200: done, ...refusals },
			},
		},
		(request) =>
			withActor(db, request, async (trx) => {
				const { id } = request.params;
				const event = await lockAsSeen(trx, id, undefined);
				if (event.state !== 'UPLOADED')
					throw new Problem(409, `It is ${event.state}, so there is no upload to take back.`);
				return cancel(trx, id, signedIn(request).name, request.body.reason);
			}),
	);

	app.post(
		'/api/events/:id/manual-link',
		{
			config: { access: 'editor' },
			schema: {
				summary: 'UNEDITED → UPLOADED: the link of a video that was uploaded elsewhere.',
				params: eventParams,
				body: z.strictObject({
					video_link: z
						.url({ protocol: /^https?$/, error: 'the address of a video, such as https://youtu.be/…' })
						.max(2_000),
					seen: seenSchema,
				}),
				response: { 200: done, ...refusals },
			},
		},
		(request) =>
			withActor(db, request, async (trx) => {
				const { id } = request.params;
				const { video_link, seen } = request.body;
				const { state } = await lockAsSeen(trx, id, seen);
				if (state !== 'UNEDITED')
					throw new Problem(409, `It is ${state}; a link can be set by hand only while it is UNEDITED.`);
				await trx.updateTable('events').set({ state: 'UPLOADED', video_link }).where('id', '=', id).execute();
				return { seen: await lastSeen(trx, id) };
			}),
	);

	app.patch(
		'/api/events/:id/published',
		{
			config: { access: 'editor' },
			schema: {
				summary:
					'Changes what is said about an uploaded video, without cutting it again. A cutter tells its location.',
				params: eventParams,
				body: z.strictObject({ edit: publishedSchema.partial(), seen: seenSchema }),
				response: { 200: done, ...refusals },
			},
		},
		(request) =>
			withActor(db, request, async (trx) => {
				const { id } = request.params;
				const { edit, seen } = request.body;
				const { state } = await lockAsSeen(trx, id, seen);
				if (state !== 'UPLOADED')
					throw new Problem(
						409,
						`It is ${state}, not UPLOADED: there is no video to say something else about.`,
					);
				const { video_chapters, thumbnail, ...plain } = edit;
				const columns = {
					...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
					...(video_chapters !== undefined && { video_chapters: chaptersColumn(video_chapters) }),
					...(thumbnail !== undefined && {
						thumbnail: thumbnail === null ? null : JSON.stringify(thumbnail),
					}),
				};
				if (Object.keys(columns).length > 0)
					await trx.updateTable('events').set(columns).where('id', '=', id).execute();
				return { seen: await lastSeen(trx, id) };
			}),
	);
};

async function cancel(trx: Db, id: string, name: string, reason: string | undefined) {
	await cancelEvent(trx, id, name, reason || undefined);
	return { seen: await lastSeen(trx, id) };
}
