import { findSegments } from '../../cutter/segments/store.ts';
import { ticksFromDate } from '../../cutter/segments/ticks.ts';
import { TEST_RATE } from '../../services/record/test-picture.ts';
import { LOCATION_SHARES } from './load.ts';
import type { LocationName, SoakWorld } from './world.ts';

const FRAME_MS = 1000 / TEST_RATE;

export interface Range {
	start: Date;
	end: Date;
}

/** Where in the stream and at which location videos are made, by chance; and which events somebody has in hand. */
export class Places {
	readonly random: () => number;
	readonly #store: SoakWorld['store'];
	readonly #inHand = new Set<string>();

	constructor({ store }: Pick<SoakWorld, 'store'>, random: () => number) {
		this.#store = store;
		this.random = random;
	}

	/** One of the locations, by their shares. */
	location(): LocationName {
		const all = Object.entries(LOCATION_SHARES).flatMap(([name, share]) =>
			Array.from({ length: share }, () => name as LocationName),
		);
		return all[Math.floor(this.random() * all.length)]!;
	}

	/**
	 * One range, or in a fifth of all cases two, of 2 to 6 s each, beginning and ending on pictures: somewhere in the last
	 * two minutes that are recorded. One in twenty reaches a few seconds further: it waits until that is recorded.
	 */
	async ranges(): Promise<Range[]> {
		const recorded = await this.recorded();
		const count = this.random() < 0.2 ? 2 : 1;
		return Array.from({ length: count }, () => {
			const length = 2_000 + this.random() * 4_000;
			const latest = recorded.end - length + (this.random() < 0.05 ? 5_000 : 0);
			const start = Math.max(latest - this.random() * 120_000, recorded.start);
			return { start: onPicture(start), end: onPicture(start + length) };
		});
	}

	/** What of the last minutes is recorded, in ms since 1970. */
	async recorded(): Promise<{ start: number; end: number }> {
		const now = Date.now();
		const [from, to] = [new Date(now - 130_000), new Date(now + 10_000)];
		const segments = await findSegments(this.#store, ticksFromDate(from), ticksFromDate(to));
		const first = segments[0];
		const last = segments.at(-1);
		if (!first || !last) throw new Error('Nothing is recorded yet.');
		return { start: first.start / 90, end: (last.start + last.duration) / 90 };
	}

	/** Takes an event in hand, unless somebody has it already: two people at one event only refuse each other. */
	reserve(event: string): boolean {
		if (this.#inHand.has(event)) return false;
		this.#inHand.add(event);
		return true;
	}

	release(event: string): void {
		this.#inHand.delete(event);
	}
}

/** The first picture at or after a time (ms since 1970). */
function onPicture(milliseconds: number): Date {
	return new Date(Math.ceil(milliseconds / FRAME_MS) * FRAME_MS);
}
