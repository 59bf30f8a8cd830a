import type Hls from 'hls.js';
import type { ErrorData, LevelDetails } from 'hls.js';
import { FragmentSpans } from './fragment-spans.ts';
import type { MediaSpans } from './media-clock.ts';
import { loadTrouble, type StreamTrouble } from './stream-trouble.ts';

/** What is told of a stream while it plays. */
export interface SourceListener {
	/** Which part of the player's time line shows which wall time; told anew as more is known. */
	spans(spans: MediaSpans): void;
	/** Names of the qualities that can be chosen. */
	qualities(names: string[]): void;
	/** It cannot be played. */
	trouble(trouble: StreamTrouble): void;
}

export interface Source {
	/** Plays that quality from here on; -1: as the network allows. */
	setQuality(number: number): void;
	close(): void;
}

const NOT_PLAYED = { sentence: 'This browser cannot play the stream. All else works: type the times.' };
const NOT_DECODED = {
	sentence: 'This browser cannot decode the stream here. All else works: type the times.',
};

/** Loads a playlist into a video element. `startSeconds`: where on the player's time line to begin. */
export async function openSource(
	video: HTMLVideoElement,
	url: string,
	startSeconds: number,
	listener: SourceListener,
): Promise<Source> {
	const { default: Hls } = await import('hls.js/light');
	if (!Hls.isSupported()) {
		listener.trouble(NOT_PLAYED);
		return { setQuality: () => undefined, close: () => undefined };
	}
	const hls = new Hls({
		startPosition: startSeconds,
		maxBufferLength: 30,
		maxMaxBufferLength: 120,
		// Going a picture back must not fetch anything.
		backBufferLength: 60,
	});
	const update = ({ fragments }: LevelDetails) => listener.spans(new FragmentSpans(fragments));
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
	hls.on(Hls.Events.ERROR, (_, data) => {
		if (!data.fatal) return;
		if (data.type === Hls.ErrorTypes.MEDIA_ERROR) recover(hls, listener);
		else if (data.type === Hls.ErrorTypes.NETWORK_ERROR)
			listener.trouble(loadTrouble(data.response?.code ?? 0, answerText(data)));
		else listener.trouble(NOT_DECODED);
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
		listener.trouble(NOT_DECODED);
		return;
	}
	recovered.set(hls, now);
	hls.recoverMediaError();
}

/** What the service answered; segments are asked for as bytes, playlists as text. */
function answerText({ networkDetails }: ErrorData): string {
	if (!(networkDetails instanceof XMLHttpRequest)) return '';
	const { response } = networkDetails;
	return response instanceof ArrayBuffer ? new TextDecoder().decode(response) : String(response ?? '');
}
