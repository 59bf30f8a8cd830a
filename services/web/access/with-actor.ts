import type { FastifyRequest } from 'fastify';
import { asActor } from '../../../db/actor.ts';
import type { Db } from '../../../db/connect.ts';
import { signedIn } from './require-access.ts';

/**
 * Does something in the database in the name of the person who asks: in one transaction, at the end of which the history
 * of each changed event names that person. (The functions of db/transitions that take a name of their own are given
 * `signedIn(request).name`.)
 */
export function withActor<T>(db: Db, request: FastifyRequest, work: (trx: Db) => Promise<T>): Promise<T> {
	return asActor(db, signedIn(request).name, work);
}
