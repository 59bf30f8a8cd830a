import { computed, signal } from '@preact/signals';
import { tellError } from '../look/toasts.tsx';
import { account } from '../shell/session.ts';
import type { Editing } from './editing.ts';

interface News {
	seen: string;
	state: string;
	error: string | null;
	lease: Editing['detail']['value']['lease'];
	people: { page: string; name: string; since: string }[];
	drafts: { name: string; saved_at: string }[];
}

const OPEN_AGAIN_MS = 3_000;

/** Who else has the event open, and whether the server is there at all. */
export class LiveNews {
	readonly others = computed(() => {
		const { people, drafts } = this.#here.value;
		const drafted = new Set(drafts.map(({ name }) => name));
		const me = account.value?.name;
		const others = [...new Set(people.filter(({ page }) => page !== this.#page).map(({ name }) => name))];
		// One's own other windows share the draft; that is worth knowing too.
		return others.map((name) => ({
			name: name === me ? 'Another window of yours' : name,
			drafted: name !== me && drafted.has(name),
		}));
	});
	readonly connected = signal(true);
	readonly #here = signal<Pick<News, 'people' | 'drafts'>>({ people: [], drafts: [] });
	readonly #editing: Editing;
	#page = '';

	constructor(editing: Editing) {
		this.#editing = editing;
		this.#open();
	}

	#open(): void {
		const stream = new EventSource(`/api/events/${this.#editing.id}/live`);
		stream.addEventListener('page', ({ data }) => {
			this.#page = (JSON.parse(data) as { page: string }).page;
		});
		stream.addEventListener('news', ({ data }) => this.#take(JSON.parse(data) as News));
		stream.addEventListener('open', () => {
			this.connected.value = true;
		});
		stream.addEventListener('error', () => {
			this.connected.value = false;
			// A browser gives up on an answer that is no stream: nobody signed in, or a proxy whose service restarts.
			if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.#open(), OPEN_AGAIN_MS);
		});
	}

	#take({ seen, error, lease, people, drafts }: News): void {
		this.#here.value = { people, drafts };
		const { detail } = this.#editing;
		detail.value = { ...detail.peek(), lease, event: { ...detail.peek().event, error } };
		this.#editing.notice(seen).catch(tellError);
	}
}
