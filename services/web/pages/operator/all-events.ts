import { computed, signal } from '@preact/signals';
import { answerOf, api } from '../api/client.ts';
import { type EventRow, rowOf, type ToldEvent, type WorkUnderWay } from './event-row.ts';

/** After a lost connection it is tried again so soon, then at longer and longer intervals (ms). */
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 20_000;

/** All events, kept up to date by the service's stream of changes. */
export class AllEvents {
	/** By id, in no order. A new Map for each change. */
	readonly byId = signal<ReadonlyMap<string, EventRow>>(new Map());
	readonly rows = computed(() => [...this.byId.value.values()]);
	readonly work = signal<ReadonlyMap<string, WorkUnderWay>>(new Map());
	readonly loaded = signal(false);
	readonly connected = signal(true);
	/** Why the list could not be read, as a sentence. */
	readonly problem = signal<string | undefined>(undefined);
	#cursor = '';
	#retry = RETRY_MS;

	/** Reads the list and then what changes, for as long as the page is open. */
	async open(): Promise<void> {
		try {
			const { cursor, events } = await answerOf(api.GET('/api/events'));
			this.byId.value = new Map(events.map((event) => [event.id, rowOf(event)]));
			this.#cursor = cursor;
			this.loaded.value = true;
			this.problem.value = undefined;
			this.#listen();
		} catch (error) {
			this.problem.value = error instanceof Error ? error.message : String(error);
			this.#again(() => void this.open());
		}
	}

	#listen(): void {
		const stream = new EventSource(`/api/events/live?after=${this.#cursor}`);
		stream.addEventListener('changed', ({ data }) => {
			const { events, cursor } = JSON.parse(data) as { events: ToldEvent[]; cursor: string };
			this.connected.value = true;
			this.#retry = RETRY_MS;
			this.#cursor = cursor;
			if (events.length === 0) return;
			const byId = new Map(this.byId.peek());
			for (const event of events) byId.set(event.id, rowOf(event));
			this.byId.value = byId;
		});
		stream.addEventListener('progress', ({ data }) => {
			const { work } = JSON.parse(data) as { work: WorkUnderWay[] };
			this.work.value = new Map(work.map((one) => [one.id, one]));
		});
		stream.addEventListener('reset', () => {
			stream.close();
			this.#again(() => void this.open());
		});
		// The browser would ask with the cursor of long ago.
		stream.addEventListener('error', () => {
			stream.close();
			this.connected.value = false;
			this.#again(() => this.#listen());
		});
	}

	#again(what: () => void): void {
		setTimeout(what, this.#retry);
		this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
	}
}
