import type Hls from 'hls.js';
import type { Fragment, LevelDetails } from 'hls.js';
import { parseHourFolder, parseSegmentName } from '../../../../cutter/segments/name.ts';
import type { MediaSpan } from './media-clock.ts';

/** What is told of a stream while it plays. */
export interface SourceListener {
	/** Which part of the player's time line shows which wall time; told anew as more is known. */
	spans(spans: MediaSpan[]): void;
	/** Names of the qualities that can be chosen. */
	qualities(names: string[]): void;
	/** It cannot be played: a sentence. */
	problem(sentence: string): void;
}

export interface Source {
	/** Plays that quality from here on; -1: as the network allows. */
	setQuality(number: number): void;
	close(): void;
}

/** Loads a playlist into a video element. `startSeconds`: where on the player's time line to begin. */
export async function openSource(
	video: HTMLVideoElement,
	url: string,
	startSeconds: number,
	listener: SourceListener,
): Promise<Source> {
	const { default: Hls } = await import('hls.js/light');
	if (!Hls.isSupported()) {
		listener.problem('This browser cannot play the stream. All else works: type the times.');
		return { setQuality: () => undefined, close: () => undefined };
	}
	const hls = new Hls({
		startPosition: startSeconds,
		maxBufferLength: 30,
		maxMaxBufferLength: 120,
		// Going a picture back must not fetch anything.
		backBufferLength: 60,
	});
	const update = ({ fragments }: LevelDetails) => listener.spans(fragments.flatMap(spanOf));
	hls.on(Hls.Events.MANIFEST_PARSED, (_, { levels }) => {
		listener.qualities(
			levels.map(({ name, height }, index) => name || (height ? `${height}p` : `${index + 1}`)),
		);
	});
	hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => update(details));
	hls.on(Hls.Events.LEVEL_PTS_UPDATED, (_, { details }) => update(details));
	hls.on(Hls.Events.FRAG_BUFFERED, () => {
		const details = hls.levels[hls.currentLevel]?.details;
		if (details) update(details);
	});
	hls.on(Hls.Events.ERROR, (_, { fatal, type, response, details }) => {
		if (!fatal) return;
		if (type === Hls.ErrorTypes.MEDIA_ERROR) recover(hls, listener);
		else if (response?.code === 404)
			listener.problem(
				'This node has no video of that time. The times can be typed, and other nodes may have it.',
			);
		else listener.problem(`The stream cannot be loaded (${details}). All else works: type the times.`);
	});
	hls.loadSource(url);
	hls.attachMedia(video);
	return {
		setQuality: (number) => {
			hls.nextLevel = number;
		},
		close: () => hls.destroy(),
	};
}

/** Decoders that failed are made anew, but not without end: a stream may be broken. */
const RECOVER_EVERY_MS = 5_000;
const recovered = new WeakMap<Hls, number>();

function recover(hls: Hls, listener: SourceListener): void {
	const now = performance.now();
	if (now - (recovered.get(hls) ?? Number.NEGATIVE_INFINITY) < RECOVER_EVERY_MS) {
		listener.problem('This browser cannot decode the stream here. All else works: type the times.');
		return;
	}
	recovered.set(hls, now);
	hls.recoverMediaError();
}

const TICKS_PER_MS = 90;

/** Wall times by address: a playlist of half a day has 20,000 segments, and is gone through whenever one was loaded. */
const walls = new Map<string, number | null>();
const MOST_WALLS = 100_000;

/** The wall time of a segment's first picture: its name says it to the tick, the playlist to the millisecond. */
function wallOf({ url, programDateTime }: Fragment): number | null {
	const known = walls.get(url);
	if (known !== undefined) return known;
	const [hour = '', name = ''] = decodeURIComponent(new URL(url).pathname).split('/').slice(-2);
	const begin = parseHourFolder(hour);
	const segment = begin === undefined ? undefined : parseSegmentName(begin, name);
	const wall = segment === undefined ? programDateTime : segment.start / TICKS_PER_MS;
	if (walls.size >= MOST_WALLS) walls.clear();
	walls.set(url, wall);
	return wall;
}

function spanOf(fragment: Fragment): MediaSpan[] {
	const wall = wallOf(fragment);
	if (wall === null) return [];
	// Once a segment is loaded, its first picture's time is known; until then its place is an estimate.
	const media = fragment.elementaryStreams.video?.startPTS ?? fragment.start;
	return [{ media, length: fragment.duration, wall }];
}
