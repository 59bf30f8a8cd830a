import { signal } from '@preact/signals';
import type { Stretch } from './load-window.ts';
import type { FrameRate } from './media-clock.ts';
import { peakTiles } from './timeline-view.ts';

/** The peaks of a stretch, in equal parts; null: no sound was recorded. */
export interface PeakTile extends Stretch {
	readonly min: readonly (number | null)[];
	readonly max: readonly (number | null)[];
}

const PEAKS_PER_TILE = 1_024;
const MOST_TILES = 400;
const ASK_AGAIN_MS = 2_000;
/** Keyframes are told apart, and asked for, in views up to this length. */
const KEYFRAMES_UP_TO_MS = 4 * 60_000;

interface Waveform {
	min: (number | null)[];
	max: (number | null)[];
	complete: boolean;
}
interface Pictures {
	keyframes: string[];
	frameRate: { numerator: number; denominator: number } | null;
	constantRate: boolean;
}

/** What is drawn of the stream beside its pictures: peaks of its sound, keyframes, holes. Fetched as the view needs it. */
export class StreamData {
	/** Raised whenever there is more to draw. */
	readonly version = signal(0);
	readonly holes = signal<readonly Stretch[]>([]);
	/** Where the recording ends; undefined while that is not known. */
	readonly edge = signal<number | undefined>(undefined);
	readonly rate = signal<{ rate: FrameRate; constant: boolean } | undefined>(undefined);
	readonly #base: string;
	readonly #channel: string;
	readonly #quality: string;
	readonly #tiles = new Map<string, PeakTile>();
	readonly #keyframes = new Map<string, Stretch & { times: number[] }>();
	readonly #asked = new Map<string, AbortController>();

	constructor(channel: string, quality: string) {
		this.#channel = channel;
		this.#quality = quality;
		this.#base = `/segments/${encodeURIComponent(channel)}/${encodeURIComponent(quality)}`;
	}

	/** The address of a file of this stream, such as a frame. */
	address(file: string, query: Record<string, string>): string {
		return `${this.#base}/${file}?${new URLSearchParams(query)}`;
	}

	/** Reads where there are holes in a stretch, and where the recording ends. */
	async readCoverage({ from, to }: Stretch): Promise<void> {
		const query = new URLSearchParams({ start: iso(from), end: iso(to) });
		const answer = await fetch(`/segments/${encodeURIComponent(this.#channel)}/coverage.json?${query}`).catch(
			() => undefined,
		);
		if (!answer?.ok) return;
		const { qualities } = (await answer.json()) as {
			qualities: { quality: string; holes: { start: string; end: string }[]; last: string | null }[];
		};
		const ours = qualities.find(({ quality }) => quality === this.#quality);
		this.holes.value = (ours?.holes ?? []).map(({ start, end }) => ({
			from: Date.parse(start),
			to: Date.parse(end),
		}));
		this.edge.value = ours?.last ? Date.parse(ours.last) : undefined;
		this.version.value += 1;
	}

	/** Reads the pictures' rate near a time. */
	async readRate(near: number): Promise<void> {
		const pictures = await this.#ask<Pictures>('pictures.json', { from: near, to: near + 10_000 }, {});
		const rate = pictures?.frameRate;
		if (rate) this.rate.value = { rate: [rate.numerator, rate.denominator], constant: pictures.constantRate };
	}

	/** The best peaks that there are for a view, coarse ones first; asks for those that are missing. */
	peaks(view: Stretch): PeakTile[] {
		const wanted = peakTiles(view);
		this.#forget(wanted);
		return wanted.flatMap((tile) => {
			const found = this.#tiles.get(keyOf(tile));
			if (found) return [found];
			void this.#fetchPeaks(tile);
			return this.#coarser(tile);
		});
	}

	/** The keyframes in a view; none where they could not be told apart. */
	keyframes(view: Stretch): number[] {
		if (view.to - view.from > KEYFRAMES_UP_TO_MS) return [];
		return peakTiles({ from: view.from, to: Math.max(view.to, view.from + 10_000) }).flatMap((tile) => {
			const found = this.#keyframes.get(keyOf(tile));
			if (found === undefined) void this.#fetchKeyframes(tile);
			return found?.times ?? [];
		});
	}

	/** What was asked of the live edge is asked again: more was recorded since. */
	refresh(): void {
		const edge = this.edge.peek() ?? Number.POSITIVE_INFINITY;
		for (const list of [this.#tiles, this.#keyframes] as Map<string, Stretch>[])
			for (const [key, { to }] of list) if (to > edge - 10_000) list.delete(key);
		this.version.value += 1;
	}

	#coarser(tile: Stretch): PeakTile[] {
		for (let size = (tile.to - tile.from) * 2; size < 2 ** 27; size *= 2) {
			const from = Math.floor(tile.from / size) * size;
			const found = this.#tiles.get(keyOf({ from, to: from + size }));
			if (found) return [found];
		}
		return [];
	}

	async #fetchPeaks(tile: Stretch): Promise<void> {
		const key = keyOf(tile);
		const found = await this.#ask<Waveform>('waveform.json', tile, { peaks: String(PEAKS_PER_TILE) });
		if (found === undefined) return;
		this.#tiles.set(key, { ...tile, min: found.min, max: found.max });
		if (this.#tiles.size > MOST_TILES) this.#tiles.delete(this.#tiles.keys().next().value!);
		this.version.value += 1;
		if (!found.complete) setTimeout(() => this.#tiles.delete(key) && this.version.value++, ASK_AGAIN_MS);
	}

	async #fetchKeyframes(tile: Stretch): Promise<void> {
		const found = await this.#ask<Pictures>('pictures.json', tile, {});
		if (found === undefined) return;
		this.#keyframes.set(keyOf(tile), { ...tile, times: found.keyframes.map((time) => Date.parse(time)) });
		this.version.value += 1;
	}

	async #ask<Answer>(file: string, { from, to }: Stretch, query: Record<string, string>) {
		const url = this.address(file, { start: iso(from), end: iso(to), ...query });
		if (this.#asked.has(url)) return undefined;
		const stop = new AbortController();
		this.#asked.set(url, stop);
		try {
			const answer = await fetch(url, { signal: stop.signal });
			return answer.ok ? ((await answer.json()) as Answer) : undefined;
		} catch {
			return undefined;
		} finally {
			// What failed is asked for again when it is next drawn, but not at once.
			setTimeout(() => this.#asked.delete(url), ASK_AGAIN_MS);
		}
	}

	/** What is no longer looked at need not be decoded. */
	#forget(wanted: readonly Stretch[]): void {
		const size = wanted[0]!.to - wanted[0]!.from;
		for (const [url, stop] of this.#asked) {
			if (!url.includes('/waveform.json')) continue;
			const query = new URL(url, location.origin).searchParams;
			const from = Date.parse(query.get('start')!);
			const length = Date.parse(query.get('end')!) - from;
			if (length !== size) stop.abort();
		}
	}
}

function keyOf({ from, to }: Stretch): string {
	return `${from} ${to}`;
}

function iso(time: number): string {
	return new Date(time).toISOString();
}
