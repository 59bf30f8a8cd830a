import type { Fragment } from 'hls.js';
import { parseHourFolder, parseSegmentName } from '../../../../cutter/segments/name.ts';
import type { MediaSpan, MediaSpans } from './media-clock.ts';

const TICKS_PER_MS = 90;

/**
 * The segments of a playlist as spans. The player moves all of them a little whenever it loads one: they are read as they
 * are at the moment, and only those that somebody asks for.
 */
export class FragmentSpans implements MediaSpans {
	readonly #fragments: readonly Fragment[];

	constructor(fragments: readonly Fragment[]) {
		this.#fragments = fragments;
	}

	get length(): number {
		return this.#fragments.length;
	}

	at(index: number): MediaSpan | undefined {
		const fragment = this.#fragments.at(index);
		if (fragment === undefined) return undefined;
		// Once a segment is loaded, its first picture's time is known; until then its place is an estimate.
		const media = fragment.elementaryStreams.video?.startPTS ?? fragment.start;
		return { media, length: fragment.duration, wall: wallOf(fragment) };
	}
}

const walls = new WeakMap<Fragment, number>();

/** The wall time of a segment's first picture: its name says it to the tick, the playlist to the millisecond. */
function wallOf(fragment: Fragment): number {
	const known = walls.get(fragment);
	if (known !== undefined) return known;
	const [hour = '', name = ''] = decodeURIComponent(new URL(fragment.url).pathname).split('/').slice(-2);
	const begin = parseHourFolder(hour);
	const segment = begin === undefined ? undefined : parseSegmentName(begin, name);
	// Every segment of our playlists has a time in both ways.
	const wall = segment === undefined ? (fragment.programDateTime ?? 0) : segment.start / TICKS_PER_MS;
	walls.set(fragment, wall);
	return wall;
}
