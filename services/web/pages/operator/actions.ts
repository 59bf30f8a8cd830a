import { signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { tell, tellError } from '../look/toasts.tsx';
import type { EventRow } from './event-row.ts';

type Body = NonNullable<paths['/api/events/actions']['post']['requestBody']>['content']['application/json'];
export type Action = Body['action'];

/** What was asked of an event and could not be done. */
export interface Refusal {
	id: string;
	sentence: string;
}

/** The service takes no more at once. */
const AT_ONCE = 500;

/** What is asked for before something is done, and for which events. */
export interface Question {
	kind: 'cancel' | 're-edit' | 'resolve' | 'revoke' | 'change';
	rows: readonly EventRow[];
}

export const question = signal<Question | undefined>(undefined);

/** How many of a selection are done, while it goes on. */
export const underWay = signal<{ done: number; all: number } | undefined>(undefined);

/** What the last action on a selection could not do. */
export const refused = signal<{ done: number; refusals: readonly Refusal[] } | undefined>(undefined);

/** Does something to events. Of one its sentence is told; of many how many it was, and what each of the others says. */
export async function perform(action: Action, ids: readonly string[]): Promise<void> {
	const refusals: Refusal[] = [];
	let last = '';
	try {
		for (let from = 0; from < ids.length; from += AT_ONCE) {
			underWay.value = { done: from, all: ids.length };
			const some = ids.slice(from, from + AT_ONCE);
			const { answers } = await answerOf(api.POST('/api/events/actions', { body: { action, ids: some } }));
			for (const { id, done, sentence } of answers) {
				if (done) last = sentence;
				else refusals.push({ id, sentence });
			}
		}
	} catch (error) {
		tellError(error);
		return;
	} finally {
		underWay.value = undefined;
	}
	if (refusals.length === 0) {
		tell(ids.length === 1 ? last : `Done for all ${ids.length}. ${last}`, 'good');
	} else if (ids.length === 1) {
		tell(refusals[0]!.sentence, 'bad');
	} else {
		refused.value = { done: ids.length - refusals.length, refusals };
	}
}

interface Offer {
	name: string;
	/** Why one would. */
	hint: string;
	/** Done at once, or asked about first. */
	does: Action | Question['kind'];
	danger?: boolean;
	/** Whether it makes sense for an event in its state. */
	fits(row: EventRow): boolean;
}

/** All that operators can do, in the order in which it is offered. */
export const OFFERS: readonly Offer[] = [
	{
		name: 'Retry',
		hint: 'Submit what failed once more as it is, and let what rests go on now.',
		does: { kind: 'retry' },
		fits: ({ state, error, next_try_at }) =>
			(state === 'UNEDITED' && error !== undefined) ||
			((state === 'EDITED' || state === 'FINALIZING') && next_try_at !== undefined),
	},
	{
		name: 'Change…',
		hint: 'Priority, nodes, upload location, holes.',
		does: 'change',
		fits: () => true,
	},
	{
		name: 'Cancel…',
		hint: 'Take it out of the queue, or stop the work on it.',
		does: 'cancel',
		danger: true,
		fits: ({ state }) => state === 'EDITED' || state === 'CLAIMED',
	},
	{
		name: 'Edit again…',
		hint: 'Take an uploaded one back for another edit.',
		does: 're-edit',
		danger: true,
		fits: ({ state }) => state === 'UPLOADED',
	},
	{
		name: 'Resolve…',
		hint: 'Say what became of an upload that stopped while it was being published.',
		does: 'resolve',
		danger: true,
		fits: ({ state }) => state === 'FINALIZING',
	},
	{
		name: 'Node is gone…',
		hint: 'Take the work away from a node that will not come back.',
		does: 'revoke',
		danger: true,
		fits: ({ state }) => state === 'CLAIMED' || state === 'FINALIZING',
	},
];

export function begin({ does, fits }: Offer, rows: readonly EventRow[]): void {
	const fitting = rows.filter(fits);
	if (typeof does === 'string') question.value = { kind: does, rows: fitting };
	else
		void perform(
			does,
			fitting.map(({ id }) => id),
		);
}
