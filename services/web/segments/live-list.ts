import { JOIN_TOLERANCE } from '../../../cutter/segments/best-sequence.ts';
import { type MediaPlaylist, type PlaylistEntry, targetDurationOf } from './playlist.ts';

/** How long (ms) what follows a hole is held back: the segment that is missing may only be late. */
const LATENESS = 6_000;

/**
 * A media playlist that grows, as its players know it. What they were told must not change (RFC 8216, 6.2.1): a segment that
 * comes later than those after it, or a better one, is not put in between. Who loads the list for the first time under
 * another start gets what is there then.
 */
export class LiveList {
	#told: PlaylistEntry[] = [];
	#mediaSequence = 0;
	#discontinuitySequence = 0;
	#targetDuration = 0;
	/** What is held back, and since when. */
	#held: { path: string; since: number } | undefined;

	/** Whether players were told anything yet. */
	get isBegun(): boolean {
		return this.#targetDuration > 0;
	}

	/**
	 * Takes what the disk says now (`fresh`, in order, `now` in ms), and adds to the list's end what is new there. The first
	 * segment ever gets the number `firstNumber`.
	 */
	update(fresh: readonly PlaylistEntry[], now: number, firstNumber = 0): void {
		if (!this.isBegun) {
			this.#told = [...fresh];
			this.#mediaSequence = firstNumber;
		} else {
			const news = this.#newsIn(fresh);
			this.#told.push(...news.slice(0, this.#heldFrom(news, now)));
		}
		this.#targetDuration = Math.max(this.#targetDuration, targetDurationOf(this.#told));
	}

	/** Drops the segments that end at or before `time` (ticks) from the beginning. */
	dropBefore(time: number): void {
		const first = this.#told.findIndex(({ segment }) => segment.start + segment.duration > time);
		const dropped = this.#told.splice(0, first === -1 ? this.#told.length : first);
		this.#mediaSequence += dropped.length;
		this.#discontinuitySequence += dropped.filter(({ discontinuity }) => discontinuity).length;
	}

	/** The list as it is to be told. */
	playlist(type: 'EVENT' | 'live'): MediaPlaylist {
		return {
			entries: this.#told,
			type,
			mediaSequence: this.#mediaSequence,
			discontinuitySequence: this.#discontinuitySequence,
			targetDuration: this.#targetDuration,
			ended: false,
		};
	}

	#newsIn(fresh: readonly PlaylistEntry[]): PlaylistEntry[] {
		const last = this.#told.at(-1)?.segment;
		if (last === undefined) return [...fresh];
		const found = fresh.findLastIndex(({ segment }) => segment.path === last.path);
		if (found !== -1) return fresh.slice(found + 1);
		const end = last.start + last.duration - JOIN_TOLERANCE;
		const news = fresh.filter(({ segment }) => segment.start >= end);
		return news.map((entry, n) => (n === 0 ? { ...entry, discontinuity: true } : entry));
	}

	/** How many of the news are told: those up to the first that comes after a hole and has not waited long enough. */
	#heldFrom(news: readonly PlaylistEntry[], now: number): number {
		const number = news.findIndex((entry, n) => {
			const before = news[n - 1] ?? this.#told.at(-1);
			return before !== undefined && entry.segment.start - endOf(before) > JOIN_TOLERANCE;
		});
		if (number === -1) {
			this.#held = undefined;
			return news.length;
		}
		const { path } = news[number]!.segment;
		if (this.#held?.path !== path) this.#held = { path, since: now };
		return now - this.#held.since < LATENESS ? number : news.length;
	}
}

function endOf({ segment }: PlaylistEntry): number {
	return segment.start + segment.duration;
}
