import type { ExecutionContext } from 'ava';
import { until } from '../../../support/until.ts';
import type { Person, TestWeb } from '../../../support/web.ts';

interface Row {
	id: string;
	state: string;
	[column: string]: unknown;
}

interface Told {
	changed: { events: Row[]; cursor: string };
	progress: { work: { id: string; node: string; percent?: number; stands_still?: string }[] };
	reset: object;
}

/** What a page does with the stream of changes: it keeps what it was told, and where it stands. */
export class LivePage {
	readonly rows = new Map<string, Row>();
	readonly told: { name: string; data: unknown }[] = [];
	work: Told['progress']['work'] = [];
	resets = 0;
	cursor: string;
	readonly #stop = new AbortController();

	private constructor(cursor: string) {
		this.cursor = cursor;
	}

	/** Opens the stream after a cursor, and waits until it says where it stands. */
	static async open(t: ExecutionContext, web: TestWeb, person: Person, after: string): Promise<LivePage> {
		const page = new LivePage(after);
		t.teardown(() => page.close());
		const answer = await fetch(`${web.url}/api/events/live?after=${after}`, {
			headers: { cookie: person.cookie, accept: 'text/event-stream' },
			signal: page.#stop.signal,
		});
		t.is(answer.status, 200);
		void page.#read(answer).catch(() => undefined);
		await until(() => page.told.length > 0);
		return page;
	}

	/** The row as it was told last, once `condition` holds of it. */
	async row(id: string, condition: (row: Row) => boolean = () => true): Promise<Row> {
		await until(() => {
			const row = this.rows.get(id);
			return row !== undefined && condition(row);
		});
		return this.rows.get(id)!;
	}

	close(): void {
		this.#stop.abort();
	}

	async #read(answer: Response): Promise<void> {
		let text = '';
		for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
			text += chunk;
			const messages = text.split('\n\n');
			text = messages.pop()!;
			for (const message of messages) this.#take(message);
		}
	}

	#take(message: string): void {
		const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(message) ?? [];
		if (name === undefined) return;
		const told = JSON.parse(data!) as Told[keyof Told];
		this.told.push({ name, data: told });
		if (name === 'changed') {
			const { events, cursor } = told as Told['changed'];
			for (const row of events) this.rows.set(row.id, row);
			this.cursor = cursor;
		} else if (name === 'progress') {
			this.work = (told as Told['progress']).work;
		} else if (name === 'reset') {
			this.resets += 1;
		}
	}
}
