import { databaseSentence } from '../db/connect.ts';

/** SQLSTATEs with which the database's rules refuse: integrity (23xxx), nothing found, changed by somebody else. */
const REFUSALS = /^(23...|P0002|02000|40001)$/;

/** Whether a rule of the database refused what was asked for, as opposed to something being broken. */
export function isRefusal(error: unknown): boolean {
	return databaseSentence(error) !== undefined && REFUSALS.test(codeOf(error));
}

/** An error of the database, or on the way to it, as a sentence; undefined for every other error. */
export function explainDatabaseError(error: unknown): string | undefined {
	if (databaseSentence(error) !== undefined) {
		// 42P01: a table is missing; 42883: a function is.
		if (/^42(P01|883)$/.test(codeOf(error))) {
			return `The database has no tables of this version of cutsheet (${databaseSentence(error)}). Run: cutsheet migrate`;
		}
		return databaseSentence(error);
	}
	if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)$/.test(codeOf(error))) {
		return `The database cannot be reached (${codeOf(error)}). Is DATABASE_URL right, and does the server run?`;
	}
	return undefined;
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : '';
}
