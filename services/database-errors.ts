import { databaseSentence, isConnectionLost } from '../db/connect.ts';
import { isSilence } from '../db/lent-connection.ts';

/** What is wrong with a database in which default_transaction_read_only is on. */
export const ONLY_READ =
	'The database can only be read, so nothing can be claimed or changed: somebody has set default_transaction_read_only. Set it to off again, for the database and this login.';

/** SQLSTATEs with which the database's rules refuse: integrity (23xxx), nothing found, changed by somebody else. */
const REFUSALS = /^(23...|P0002|02000|40001)$/;

/** Whether a rule of the database refused what was asked for, as opposed to something being broken. */
export function isRefusal(error: unknown): boolean {
	return databaseSentence(error) !== undefined && REFUSALS.test(codeOf(error));
}

/** Whether a value cannot be one of the database's: a NUL in a text, a number or a time beyond its range (SQLSTATE 22xxx). */
export function isUnstorable(error: unknown): boolean {
	return databaseSentence(error) !== undefined && /^22...$/.test(codeOf(error));
}

/** What to do about the SQLSTATEs with which a login is refused: password, pg_hba.conf, no such database. */
const LOGIN_ADVICE: Record<string, string> = {
	'28P01':
		'Correct the password in database.url; cutsheet migrate --logins FOLDER makes a new one where its file is missing.',
	'28000': 'Correct database.url, or let this machine and role in: pg_hba.conf of the server.',
	'3D000':
		'Correct the name of the database in database.url, or make it: createdb --encoding=UTF8 --template=template0 --locale=C.UTF-8 NAME',
};

/** An error of the database, or on the way to it, as a sentence; undefined for every other error. */
export function explainDatabaseError(error: unknown): string | undefined {
	if (databaseSentence(error) !== undefined) {
		// 42P01: a table is missing; 42883: a function is.
		if (/^42(P01|883)$/.test(codeOf(error))) {
			return `The database has no tables of this version of cutsheet (${databaseSentence(error)}). Run: cutsheet migrate`;
		}
		// Also after an upgrade whose new rights nobody has given yet.
		if (codeOf(error) === '42501') {
			return (
				`The login in database.url, or DATABASE_URL, may not do this (${databaseSentence(error)}). Use another one: the ` +
				'owner of the tables may do everything, the other roles what cutsheet migrate --roles has given them.'
			);
		}
		const advice = LOGIN_ADVICE[codeOf(error)];
		return advice
			? `The database refuses the login (${databaseSentence(error)}). ${advice}`
			: databaseSentence(error);
	}
	return explainUnreachable(error);
}

/** SQLSTATEs of a server that is there but takes no connection now: it starts, stops, or has too many. */
const BUSY = /^(57P0[123]|53300)$/;

/** What Node says of a server's certificate, or of a handshake that is none. */
const UNSAFE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/;

/** node-postgres has no code for this, only the message. */
const NO_TLS = 'The server does not support SSL connections';

/** An error that says that the server cannot be reached for now, as a sentence; undefined for every other error. */
export function explainUnreachable(error: unknown): string | undefined {
	const code = codeOf(error);
	if (databaseSentence(error) !== undefined) {
		return BUSY.test(code) ? `The database takes no connection now (${databaseSentence(error)}).` : undefined;
	}
	if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) {
		const host = (error as NodeJS.ErrnoException & { hostname?: string }).hostname;
		return `The address of the database’s host ${host} cannot be looked up (${code}). Is its name in DATABASE_URL right, and does the name server answer?`;
	}
	if (/^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/.test(code)) {
		return `The database cannot be reached (${code}). Is DATABASE_URL right, and does the server run?`;
	}
	if (UNSAFE.test(code)) {
		return `The database cannot be reached safely (${(error as Error).message}). Look at its certificate, at sslrootcert in database.url, and at the clocks of both machines.`;
	}
	if (error instanceof Error && error.message === NO_TLS) {
		return 'The database takes no connection with TLS, which database.url demands. Set ssl = on in its postgresql.conf, or leave sslmode out.';
	}
	if (isSilence(error)) {
		return 'The database gave no answer in time. Does somebody hold a lock on its tables, or wait its commits for a standby that is gone?';
	}
	return isConnectionLost(error)
		? `The database cannot be reached (${(error as Error).message}). Is DATABASE_URL right, and does the server run?`
		: undefined;
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : '';
}
