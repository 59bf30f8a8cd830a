import { batch, computed, effect, signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api, Refused } from '../api/client.ts';
import { tell, tellError } from '../look/toasts.tsx';
import { account, may } from '../shell/session.ts';
import { documentFromEdit, type Edit, type EditDocument, editFromDocument } from './edit.ts';
import { beginHistory, endGesture, isChanged, redo, step, undo } from './edit-history.ts';
import { rangeNotes, type Working } from './edit-ranges.ts';
import { mergeEdits } from './merge-edit.ts';

type Get<Path extends keyof paths> = paths[Path] extends {
	get: { responses: { 200: { content: { 'application/json': infer Answer } } } };
}
	? Answer
	: never;

export type Detail = Get<'/api/events/{id}'>;
export type Change = Get<'/api/events/{id}/changes'>['changes'][number];

/** How the unsent work is kept. */
export type Saving = 'nothing' | 'waiting' | 'saving' | 'saved' | 'failed';

const SAVE_AFTER_MS = 1_200;
const TRY_AGAIN_MS = 5_000;

/** Somebody changed the event while there is unsent work. */
export interface Meanwhile {
	readonly changes: readonly Change[];
	readonly detail: Detail;
}

/** One event being edited on this page: what it is, what was done to it, and how that gets to the server. */
export class Editing {
	readonly id: string;
	readonly detail;
	readonly #history;
	readonly saving = signal<Saving>('nothing');
	readonly savedAt = signal<string | null>(null);
	/** What the server refused, and at which field. */
	readonly refusal = signal<{ field: string | undefined; sentence: string; status?: number } | undefined>(
		undefined,
	);
	/** What stands in time fields and could not be read: sentences, by field. Nothing is submitted with the time before it. */
	readonly unread = signal<ReadonlyMap<string, string>>(new Map());
	/** What others changed and nobody has decided about yet: until then nothing can be submitted. */
	readonly meanwhile = signal<Meanwhile | undefined>(undefined);
	/** Whether the question about it is asked right now. */
	readonly asksMeanwhile = signal(false);
	readonly busy = signal(false);
	/** What the draft is of, and what the server is asked to hold a submission against. */
	#seen: string;
	#saved: string;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#writing: Promise<void> = Promise.resolve();

	constructor(detail: Detail) {
		this.id = detail.event.id;
		this.detail = signal(detail);
		this.#seen = detail.draft?.seen ?? detail.seen;
		const base = editFromDocument(detail.edit);
		const draft = detail.draft && editFromDocument(detail.draft.edit);
		this.#history = signal(beginHistory(base, draft ?? undefined));
		this.savedAt.value = detail.draft?.saved_at ?? null;
		this.#saved = JSON.stringify(documentFromEdit(draft ?? base));
		if (draft) this.saving.value = 'saved';
		effect(() => this.#keep(JSON.stringify(documentFromEdit(this.edit.value))));
	}

	readonly working = computed(() => this.#history.value.present);
	readonly edit = computed(() => this.working.value.edit);
	readonly changed = computed(() => isChanged(this.#history.value));
	readonly canUndo = computed(() => this.#history.value.past.length > 0);
	readonly canRedo = computed(() => this.#history.value.future.length > 0);
	readonly rangeNotes = computed(() => rangeNotes(this.edit.value.ranges));
	/** What may change now: `all`, only what is said about a published video, or nothing. */
	readonly open = computed((): 'all' | 'text' | 'nothing' => {
		const { state } = this.detail.value.event;
		return state === 'UNEDITED' ? 'all' : state === 'UPLOADED' ? 'text' : 'nothing';
	});
	readonly mayCancel = computed(() => {
		const { state, editor } = this.detail.value.event;
		return (state === 'EDITED' || state === 'CLAIMED') && (may('operator') || editor === account.value?.name);
	});

	/** Takes a step; see edit-history. Does nothing where nothing may change. */
	do(next: (working: Working) => Working, gesture?: string): void {
		if (this.open.value === 'nothing') return;
		this.#history.value = step(this.#history.value, next(this.working.value), gesture);
		this.refusal.value = undefined;
	}

	/** Changes what is said about the video. */
	set(changes: Partial<Edit>, gesture?: string): void {
		this.do((working) => ({ ...working, edit: { ...working.edit, ...changes } }), gesture);
	}

	/** Changes ranges, where they may change. */
	mark(next: (working: Working) => Working, gesture?: string): void {
		if (this.open.value === 'all') this.do(next, gesture);
		else this.#history.value = { ...this.#history.value, present: onlyActive(this.working.value, next) };
	}

	/** Notes what could not be read in a field; undefined: it can be. */
	noteUnread(field: string, sentence: string | undefined): void {
		const unread = new Map(this.unread.peek());
		if (sentence === undefined ? unread.delete(field) : unread.set(field, sentence))
			this.unread.value = unread;
	}

	endGesture(): void {
		this.#history.value = endGesture(this.#history.value);
	}
	undo(): void {
		if (this.open.value !== 'nothing') this.#history.value = undo(this.#history.value);
	}
	redo(): void {
		if (this.open.value !== 'nothing') this.#history.value = redo(this.#history.value);
	}

	/** Whether something would be lost if the page went away now. */
	get unsaved(): boolean {
		return (
			this.saving.value === 'waiting' || this.saving.value === 'saving' || this.saving.value === 'failed'
		);
	}

	#keep(document: string): void {
		clearTimeout(this.#timer);
		if (document === this.#saved) {
			if (this.saving.peek() === 'waiting' || this.saving.peek() === 'failed')
				this.saving.value = this.savedAt.peek() === null ? 'nothing' : 'saved';
			return;
		}
		if (this.open.peek() === 'nothing') return;
		this.saving.value = 'waiting';
		this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
	}

	/** Saves the draft now; throws it away when it says nothing that the row does not say. */
	save(): Promise<void> {
		clearTimeout(this.#timer);
		this.#writing = this.#writing.then(() => this.#write());
		return this.#writing;
	}

	async #write(): Promise<void> {
		const document = documentFromEdit(this.edit.peek());
		const text = JSON.stringify(document);
		if (text === this.#saved || this.open.peek() === 'nothing') return;
		this.saving.value = 'saving';
		try {
			const path = { id: this.id };
			if (this.changed.peek()) {
				const body = { edit: document, seen: this.#seen, previous: this.savedAt.peek() };
				const { saved_at } = await answerOf(api.PUT('/api/events/{id}/draft', { params: { path }, body }));
				this.savedAt.value = saved_at;
			} else {
				await answerOf(api.DELETE('/api/events/{id}/draft', { params: { path } }));
				this.savedAt.value = null;
			}
			this.#saved = text;
			if (this.refusal.peek()?.field === 'draft') this.refusal.value = undefined;
			this.saving.value = this.savedAt.peek() === null ? 'nothing' : 'saved';
			this.#keep(JSON.stringify(documentFromEdit(this.edit.peek())));
		} catch (error) {
			this.saving.value = 'failed';
			if (error instanceof Refused && error.status === 409) return this.#otherTab(error, text);
			const { message, status } = error as Refused;
			this.refusal.value = { field: 'draft', sentence: message, status };
			this.#timer = setTimeout(() => void this.save(), TRY_AGAIN_MS);
		}
	}

	/**
	 * What the same person saved elsewhere stays there until they say that this page's is the better one. Unless it is what
	 * this page tried to save: then only the answer to that was lost.
	 */
	async #otherTab(refused: Refused, attempted: string): Promise<void> {
		const detail = await this.#read().catch(() => undefined);
		const there = detail?.draft;
		if (there && JSON.stringify(documentFromEdit(editFromDocument(there.edit))) === attempted) {
			this.#saved = attempted;
			this.savedAt.value = there.saved_at;
			this.saving.value = 'saved';
			this.#keep(JSON.stringify(documentFromEdit(this.edit.peek())));
			return;
		}
		this.refusal.value = { field: 'draft', sentence: refused.message };
		this.otherDraft.value = String(refused.details.saved_at);
	}
	/** When a later draft of the same person was saved, on another page. */
	readonly otherDraft = signal<string | undefined>(undefined);

	/** Goes on with this page's work instead of the draft that another page of the same person saved. */
	keepMine(): void {
		this.savedAt.value = this.otherDraft.peek() ?? null;
		this.otherDraft.value = undefined;
		this.refusal.value = undefined;
		void this.save();
	}

	/** Throws the unsent work away: the page shows what the row says. */
	async discard(): Promise<void> {
		clearTimeout(this.#timer);
		await answerOf(api.DELETE('/api/events/{id}/draft', { params: { path: { id: this.id } } }));
		this.savedAt.value = null;
		this.saving.value = 'nothing';
		this.otherDraft.value = undefined;
		await this.#reload();
	}

	/** Goes on with somebody else's unsent work; one step, which can be undone. */
	take(edit: EditDocument): void {
		const taken = editFromDocument(edit);
		this.do(() => ({ edit: taken, active: taken.ranges[0]!.key }));
	}

	/** Reads the event anew and begins with what its row says. */
	async #reload(): Promise<void> {
		const detail = await this.#read();
		this.#begin(detail);
	}

	#begin(detail: Detail): void {
		const base = editFromDocument(detail.edit);
		this.detail.value = detail;
		this.#seen = detail.seen;
		this.#saved = JSON.stringify(documentFromEdit(base));
		this.#history.value = beginHistory(base);
		this.saving.value = 'nothing';
		this.savedAt.value = null;
		this.refusal.value = undefined;
		this.meanwhile.value = undefined;
	}

	#read(): Promise<Detail> {
		return answerOf(api.GET('/api/events/{id}', { params: { path: { id: this.id } } }));
	}

	/** The server says that the event's history has gone on: looks what that means for this page. */
	async notice(seen: string): Promise<void> {
		const known = this.meanwhile.peek()?.detail.seen ?? this.#seen;
		if (BigInt(seen) <= BigInt(known) || this.busy.peek()) return;
		const query = { seen: this.#seen };
		const params = { path: { id: this.id }, query };
		const { changes } = await answerOf(api.GET('/api/events/{id}/changes', { params }));
		const detail = await this.#read();
		if (changes.length === 0) {
			this.detail.value = detail;
			this.#seen = detail.seen;
			return;
		}
		if (!this.changed.peek() && this.saving.peek() === 'nothing') {
			this.#begin(detail);
			tellOf(changes, detail);
			return;
		}
		batch(() => {
			this.meanwhile.value = { changes, detail };
			this.asksMeanwhile.value = true;
		});
	}

	/** What both sides make together, and which fields both changed; undefined while nothing is to be decided. */
	readonly merge = computed(() => {
		const theirs = this.meanwhile.value?.detail.edit;
		const base = documentFromEdit(this.#history.value.base);
		return theirs && mergeEdits(base, documentFromEdit(this.edit.value), theirs);
	});

	/** Puts the question about changes of others off: both sides stay as they are. */
	decideLater(): void {
		this.asksMeanwhile.value = false;
	}

	/** Ends the question what to do about changes of others: go on with both sides', or with theirs alone. */
	settle(choice: 'mine' | 'theirs'): void {
		const meanwhile = this.meanwhile.peek();
		const merge = this.merge.peek();
		if (meanwhile === undefined || merge === undefined) return;
		const { detail } = meanwhile;
		this.meanwhile.value = undefined;
		this.detail.value = detail;
		this.#seen = detail.seen;
		const base = editFromDocument(detail.edit);
		const next = editFromDocument(choice === 'mine' ? merge.merged : detail.edit);
		const history = { ...this.#history.peek(), base };
		this.#history.value = step(history, { edit: next, active: next.ranges[0]!.key });
		this.refusal.value = undefined;
	}

	/** Sends the edit: a cutter takes it from there. */
	submit(): Promise<boolean> {
		return this.#act(async (path) => {
			const body = { edit: documentFromEdit(this.edit.peek()), seen: this.#seen };
			await answerOf(api.POST('/api/events/{id}/submit', { params: { path }, body }));
			tell('Submitted: a cutter takes it from here.', 'good');
		});
	}

	/** Tells the location of an uploaded video what is new about it. */
	publish(): Promise<boolean> {
		return this.#act(async (path) => {
			const { video_title, video_description, video_chapters, tags, video_unlisted, thumbnail } =
				documentFromEdit(this.edit.peek());
			const edit = { video_title, video_description, video_chapters, tags, video_unlisted, thumbnail };
			const body = { edit, seen: this.#seen };
			await answerOf(api.PATCH('/api/events/{id}/published', { params: { path }, body }));
			await answerOf(api.DELETE('/api/events/{id}/draft', { params: { path } }));
			tell('Saved: a cutter tells the location of it.', 'good');
		});
	}

	cancel(reason: string): Promise<boolean> {
		return this.#act(async (path) => {
			const body = reason === '' ? {} : { reason };
			await answerOf(api.POST('/api/events/{id}/cancel', { params: { path }, body }));
			tell('Cancelled. It can be edited again.', 'good');
		});
	}

	editAgain(): Promise<boolean> {
		return this.#act(async (path) => {
			await answerOf(api.POST('/api/events/{id}/re-edit', { params: { path }, body: {} }));
			tell('Taken back. The video stays where it is until you say otherwise there.', 'good');
		});
	}

	setLink(video_link: string): Promise<boolean> {
		return this.#act(async (path) => {
			const body = { video_link, seen: this.#seen };
			await answerOf(api.POST('/api/events/{id}/manual-link', { params: { path }, body }));
			tell('The link is set.', 'good');
		});
	}

	/** Does something that changes the event, then shows it as it is. Whatever is refused stands beside its field. */
	async #act(work: (path: { id: string }) => Promise<void>): Promise<boolean> {
		if (this.busy.peek()) return false;
		clearTimeout(this.#timer);
		await this.#writing;
		this.busy.value = true;
		this.refusal.value = undefined;
		try {
			await work({ id: this.id });
			await this.#reload();
			return true;
		} catch (error) {
			if (error instanceof Refused && 'changes' in error.details) {
				this.busy.value = false;
				await this.notice(String(error.details.seen)).catch(tellError);
				this.asksMeanwhile.value = true;
			} else if (error instanceof Refused) {
				this.refusal.value = { field: error.field, sentence: error.message, status: error.status };
			} else tellError(error);
			return false;
		} finally {
			this.busy.value = false;
		}
	}
}

/** Says what others did to an event that nobody edits on this page. */
function tellOf(changes: readonly Change[], { event }: Detail): void {
	const others = changes.filter(({ who }) => who !== account.peek()?.name);
	const isProgress = others.every(({ fields }) =>
		fields.every(({ field }) => field === 'state' || field === 'video_link'),
	);
	if (!isProgress) {
		const who = [...new Set(others.map((change) => change.who))].join(' and ');
		tell(`${who} changed this event; the page shows it as it is now.`);
	} else if (event.state === 'UPLOADED') tell('It is uploaded.', 'good');
	else if (event.state === 'UNEDITED' && others.length > 0)
		tell('It came back to be edited; see why above.', 'bad');
}

/** Of a step that may change nothing, only which range is active. */
function onlyActive(working: Working, next: (working: Working) => Working): Working {
	const { active } = next(working);
	return working.edit.ranges.some(({ key }) => key === active) ? { ...working, active } : working;
}

/** Reads an event and begins to edit it. */
export async function openEvent(id: string): Promise<Editing> {
	const detail = await answerOf(api.GET('/api/events/{id}', { params: { path: { id } } }));
	const editing = new Editing(detail);
	if (detail.draft !== null) void editing.notice(detail.seen).catch(tellError);
	return editing;
}
