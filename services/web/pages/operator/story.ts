/** The history of an event as a story for people. Without I/O. */
import { NOTHING, shownValue } from '../look/history-values.ts';

export interface HistoryEntry {
	seq: string;
	at: string;
	actor: string | null;
	db_user: string;
	from_state: string | null;
	to_state: string;
	changes: Record<string, unknown[]>;
	note: string | null;
}

export interface StoryChange {
	field: string;
	before: string;
	after: string;
}

export interface StoryEntry {
	seq: string;
	at: string;
	/** Who says to have done it, else the database's user. */
	who: string;
	/** The database's user when somebody else is named: the name is a claim. */
	through: string | undefined;
	what: string;
	/** The state that it reached with this, when it is another one. */
	reached: string | undefined;
	note: string | undefined;
	changes: StoryChange[];
}

/** What each step is called; what is not in here is named by its states. */
const STEPS: Record<string, string> = {
	'UNEDITED EDITED': 'submitted the edit',
	'UNEDITED UPLOADED': 'entered the link of a video from elsewhere',
	'EDITED CLAIMED': 'took it to cut it',
	'EDITED UNEDITED': 'took the edit back',
	'CLAIMED FINALIZING': 'sent all of it and began to publish',
	'CLAIMED EDITED': 'gave it back to the queue',
	'CLAIMED UNEDITED': 'stopped the work on it',
	'FINALIZING UPLOADED': 'published it',
	'FINALIZING EDITED': 'found that it was not uploaded; it is cut again',
	'FINALIZING UNEDITED': 'found that it was not uploaded',
	'UPLOADED UNEDITED': 'took it back to be edited again',
};

/** What the step says by itself, so that it is not listed again. */
const IMPLIED = new Set([
	'state',
	'edited_at',
	'uploaded_at',
	'created_at',
	'edit_version',
	'upload_session',
]);

export function storyOf(entries: readonly HistoryEntry[]): StoryEntry[] {
	return entries.map((entry) => {
		const { seq, at, actor, db_user, from_state, to_state, note } = entry;
		const moved = from_state !== null && from_state !== to_state;
		const changes = Object.entries(entry.changes)
			.filter(([field]) => !IMPLIED.has(field))
			.map(([field, [before, after]]) => ({
				field: nameOf(field),
				before: shownValue(before),
				after: shownValue(after),
			}))
			.filter(({ before, after }) => before !== after);
		return {
			seq,
			at,
			who: actor ?? db_user,
			through: actor !== null && actor !== db_user ? db_user : undefined,
			what:
				from_state === null
					? 'created it'
					: moved
						? (STEPS[`${from_state} ${to_state}`] ?? `${from_state} → ${to_state}`)
						: `changed ${list(changes.map(({ field }) => field))}`,
			reached: moved ? to_state : undefined,
			note: note ?? undefined,
			// Of a new event all that is set is news, and all of it stands in its row.
			changes: from_state === null ? changes.filter(({ after }) => after !== NOTHING) : changes,
		};
	});
}

/** The column's name as people say it: `uploader_whitelist` → `uploader whitelist`. */
function nameOf(column: string): string {
	return column.replaceAll('_', ' ');
}

function list(words: readonly string[]): string {
	if (words.length === 0) return 'something';
	return words.length > 3 ? `${words.length} values` : words.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
