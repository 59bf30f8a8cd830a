import type { EventState } from '../../db/tables.ts';
import type { EditDocument } from '../../services/web/editor/edit-schema.ts';
import type { TypedRows } from './organizers.ts';
import { Pages } from './pages.ts';
import type { People } from './people.ts';
import type { Places, Range } from './places.ts';
import type { SoakWorld } from './world.ts';

interface Detail {
	event: { state: EventState };
	edit: EditDocument;
	seen: string;
}

/** Editors and operators at the pages: they mark, submit, cancel, take back, name anew and retry. */
export class Editors {
	readonly #world: SoakWorld;
	readonly #places: Places;
	readonly #typed: TypedRows;
	readonly #editor: Pages;
	readonly #operator: Pages;

	constructor(world: SoakWorld, places: Places, typed: TypedRows) {
		this.#world = world;
		this.#places = places;
		this.#typed = typed;
		this.#editor = new Pages(world.webUrl, world.tokens.editor);
		this.#operator = new Pages(world.webUrl, world.tokens.operator);
	}

	begin(people: People): void {
		people.begin('submittedEdits', () => this.submitOne());
		people.begin('cancels', () =>
			this.#inHand(['EDITED', 'CLAIMED'], async (id) => {
				await this.#operator.send('POST', `/api/events/${id}/cancel`, {
					reason: 'the soak changes its mind',
				});
			}),
		);
		people.begin('reEdits', () =>
			this.#inHand(['UPLOADED'], async (id) => {
				await this.#editor.send('POST', `/api/events/${id}/re-edit`, {});
			}),
		);
		people.begin('newTitles', () =>
			this.#inHand(['UPLOADED'], async (id) => {
				const { seen } = await this.#editor.get<Detail>(`/api/events/${id}`);
				const edit = { video_title: `Named anew ${Math.floor(this.#places.random() * 1e6)}` };
				await this.#editor.send('PATCH', `/api/events/${id}/published`, { edit, seen });
			}),
		);
		people.begin('retries', async () => {
			const waiting = await this.#world.db
				.selectFrom('events')
				.select('id')
				.where('state', '=', 'EDITED')
				.where('error', 'is not', null)
				.limit(20)
				.execute();
			if (waiting.length === 0) return;
			const ids = waiting.map(({ id }) => id);
			await this.#operator.send('POST', '/api/events/actions', { action: { kind: 'retry' }, ids });
		});
	}

	/** Opens an event that nobody has edited, looks at its stretch of the stream, and submits. False when there is none. */
	submitOne(): Promise<boolean> {
		return this.#inHand(['UNEDITED'], async (id) => {
			const { edit, seen } = await this.#editor.get<Detail>(`/api/events/${id}`);
			const ranges = await this.#places.ranges();
			await this.#look(ranges[0]!);
			const { random } = this.#places;
			const fades = ranges.length > 1 && random() < 0.5;
			const marked: EditDocument = {
				...edit,
				ranges: ranges.map(({ start, end }, index) => ({
					start: start.toISOString(),
					end: end.toISOString(),
					join: fades && index > 0 ? { kind: 'fade', seconds: 0.5 } : null,
				})),
				video_title: `Video ${Math.floor(random() * 1e6)}`,
				video_description: 'Made by the soak.',
			};
			await this.#editor.send('POST', `/api/events/${id}/submit`, { edit: marked, seen });
		});
	}

	/** What the editor page loads of the stream. */
	async #look({ start, end }: Range): Promise<void> {
		const { channel, quality } = this.#world.store;
		const stream = `/segments/${channel}/${quality}`;
		const range = new URLSearchParams({ start: start.toISOString(), end: end.toISOString() });
		// What is not recorded yet is not there.
		const also = [404];
		await Promise.all([
			this.#editor.get(`${stream}/pictures.json?${range}`, { also }),
			this.#editor.get(`${stream}/waveform.json?${range}&peaks=200`, { also }),
			this.#editor.get(`${stream}/frame.jpg?width=320&at=${start.toISOString()}`, { also }),
		]);
	}

	/** Does something to an event of the sheet in one of these states that nobody else has in hand. */
	async #inHand(states: EventState[], act: (id: string) => Promise<void>): Promise<boolean> {
		const events = await this.#world.db
			.selectFrom('events')
			.select(['id', 'description'])
			.where('state', 'in', states)
			.where('removed_from_sheet_at', 'is', null)
			.orderBy((eb) => eb.fn('random'))
			.limit(20)
			.execute();
		const free = events.find(
			({ description }) => !this.#typed.bad.has(description) && this.#places.reserve(description),
		);
		if (!free) return false;
		try {
			await act(free.id);
		} finally {
			this.#places.release(free.description);
		}
		return true;
	}
}
