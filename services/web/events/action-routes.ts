import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Db } from '../../../db/connect.ts';
import { explainDatabaseError, isRefusal } from '../../database-errors.ts';
import { signedIn } from '../access/require-access.ts';
import { withActor } from '../access/with-actor.ts';
import type { WebOptions } from '../options.ts';
import { Problem, refusals } from '../problem.ts';
import { act } from './act.ts';
import { type Action, actionAnswers, actionBody } from './action-schema.ts';

/** One action on a selection of events. Each event is a transaction of its own: what one refuses stops no other. */
export const actionRoutes: FastifyPluginAsyncZod<WebOptions> = async (app, { db, log }) => {
	app.post(
		'/api/events/actions',
		{
			config: { access: 'operator' },
			schema: {
				summary: 'Does one thing to each of some events; the answer says of each what became of it.',
				body: actionBody,
				response: { 200: actionAnswers, ...refusals },
			},
		},
		async (request) => {
			const { ids, action } = request.body;
			const answers = [];
			for (const id of ids) answers.push({ id, ...(await tryOne(db, request, id, action, log)) });
			return { answers };
		},
	);
};

async function tryOne(db: Db, request: FastifyRequest, id: string, action: Action, log: Logger) {
	try {
		const sentence = await withActor(db, request, (trx) => act(trx, id, action, signedIn(request).name));
		return { done: true, sentence };
	} catch (error) {
		if (error instanceof Problem) return { done: false, sentence: error.message };
		const sentence = explainDatabaseError(error);
		if (sentence === undefined) throw error;
		if (isRefusal(error)) return { done: false, sentence: asSentence(sentence, id) };
		log.error({ err: error, event: id }, 'cannot do what was asked for');
		return { done: false, sentence: 'The database does not answer as it should. Try again.' };
	}
}

/** The page shows which event it is; the database's rules name it by its id. */
function asSentence(text: string, id: string): string {
	const about = text.replaceAll(`event ${id}`, 'it').replace(/^./, (letter) => letter.toUpperCase());
	return /[.!?]$/.test(about) ? about : `${about}.`;
}
