import { computed, signal } from '@preact/signals';
import { openSource, type Source } from './hls-source.ts';
import type { Stretch } from './load-window.ts';
import {
	type FrameRate,
	frameStep,
	type MediaSpans,
	mediaAt,
	pictureAt,
	pictureTime,
	wallAt,
} from './media-clock.ts';
import { beginResult, nextInResult, type OutputPiece } from './output-line.ts';
import type { StreamTrouble } from './stream-trouble.ts';

/** Speeds that can be chosen. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4, 8] as const;

/** A mark to the millisecond may lie a little before its picture: a seek goes so far behind it (ms). */
const INTO_PICTURE_MS = 1.5;

/** A picture is told of a little before its time, at most so much at single speed (s). */
const MOST_AHEAD = 0.1;

/** Whatever estimates do, one seek ends. */
const MOST_CORRECTIONS = 8;

/** Plays the stream: everything outside speaks of wall time. */
export class Player {
	readonly video: HTMLVideoElement;
	/** The wall time of the picture that is shown (ms); undefined while there is none. */
	readonly wall = signal<number | undefined>(undefined);
	readonly playing = signal(false);
	readonly speed = signal(1);
	readonly volume = signal(1);
	readonly muted = signal(false);
	readonly seeking = signal(false);
	readonly waiting = signal(false);
	readonly qualities = signal<string[]>([]);
	/** The number of the chosen quality; -1: as the network allows. */
	readonly quality = signal(-1);
	readonly trouble = signal<StreamTrouble | undefined>(undefined);
	readonly spans = signal<MediaSpans>([]);
	readonly rate = signal<FrameRate>([25, 1]);
	/** Whether all pictures are known to be shown equally long. */
	constantRate = false;
	/** Backwards as fast as that; 0: not backwards. */
	readonly backwards = signal(0);
	/** The piece of the finished video that plays; undefined while the stream itself is played. */
	readonly result = signal<number | undefined>(undefined);
	readonly edge = computed(() => {
		const last = this.spans.value.at(-1);
		return last && last.wall + last.length * 1000;
	});
	#pieces: readonly OutputPiece[] = [];
	#source: Source | undefined;
	/** Media time of the picture that is shown, or that is being gone to. */
	#position = 0;
	/** Where to go as soon as it is known where that is. */
	#wanted: number | undefined;
	#loading = 0;
	/** Media time of the picture that came onto the screen last. */
	#presented: number | undefined;
	/** The wall time that the last seek was to. */
	#target: number | undefined;
	#corrections = 0;

	constructor() {
		const video = document.createElement('video');
		video.playsInline = true;
		video.preload = 'auto';
		video.setAttribute('aria-label', 'The stream');
		this.video = video;
		const on = (name: keyof HTMLMediaElementEventMap, work: () => void) => video.addEventListener(name, work);
		on('click', () => this.toggle());
		on('play', () => {
			this.playing.value = true;
		});
		on('pause', () => {
			this.playing.value = false;
		});
		on('seeking', () => {
			this.seeking.value = true;
		});
		on('seeked', () => this.#arrived());
		on('waiting', () => {
			this.waiting.value = true;
		});
		on('playing', () => {
			this.waiting.value = false;
		});
		on('canplay', () => {
			this.waiting.value = false;
		});
		on('ratechange', () => {
			this.speed.value = video.playbackRate;
		});
		on('volumechange', () => {
			this.volume.value = video.volume;
			this.muted.value = video.muted;
		});
		on('ended', () => {
			this.result.value = undefined;
		});
		this.#watchPictures();
	}

	/**
	 * Loads a stretch of a channel; `live`: without an end, so that it grows. Goes to `at`, which should be `startSeconds`
	 * on the player's time line: what is loaded first is there.
	 */
	async load(
		channel: string,
		{ from, to }: Stretch,
		{ live, at, startSeconds }: { live: boolean; at: number; startSeconds: number },
	): Promise<void> {
		this.unload();
		this.trouble.value = undefined;
		this.#wanted = at;
		const loading = this.#loading;
		const query = new URLSearchParams({ start: new Date(from).toISOString() });
		if (!live) query.set('end', new Date(to).toISOString());
		const url = `/segments/${encodeURIComponent(channel)}/master.m3u8?${query}`;
		const ours = (work: () => void) => loading === this.#loading && work();
		const source = await openSource(this.video, url, startSeconds, {
			spans: (spans) => ours(() => this.#setSpans(spans)),
			qualities: (names) =>
				ours(() => {
					this.qualities.value = names;
				}),
			trouble: (trouble) =>
				ours(() => {
					this.trouble.value = trouble;
				}),
		});
		if (loading === this.#loading) this.#source = source;
		else source.close();
	}

	/** Lets go of the stream. */
	unload(): void {
		this.#loading += 1;
		this.#source?.close();
		this.#source = undefined;
		this.#presented = undefined;
		this.#wanted = undefined;
		this.spans.value = [];
		this.qualities.value = [];
		this.quality.value = -1;
		this.wall.value = undefined;
		this.backwards.value = 0;
		this.result.value = undefined;
	}

	#setSpans(spans: MediaSpans): void {
		this.spans.value = spans;
		if (this.#wanted !== undefined && spans.length > 0) {
			const wanted = this.#wanted;
			this.#wanted = undefined;
			this.seek(wanted);
		} else if (!this.#settle()) this.#look(false);
	}

	#show(media: number): void {
		const spans = this.spans.peek();
		const wall = this.constantRate ? pictureAt(spans, media, this.rate.peek()) : wallAt(spans, media);
		if (wall !== undefined) this.wall.value = wall;
	}

	/** The pictures as they come onto the screen: only they say which one it is. */
	#watchPictures(): void {
		const { video } = this;
		const next = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
			this.#presented = mediaTime;
			// What plays has left the place that was gone to.
			if (!video.paused && !video.seeking) this.#target = undefined;
			if (this.#look(true)) this.#goOn();
			video.requestVideoFrameCallback(next);
		};
		video.requestVideoFrameCallback(next);
	}

	/**
	 * Says which picture is shown, once that is sure: a seek within one picture brings no new one onto the screen, and one
	 * from before a jump back may be told of after it. Returns whether it is sure.
	 */
	#look(isNew: boolean): boolean {
		const { video } = this;
		if (video.seeking || this.#presented === undefined) return false;
		const [numerator, denominator] = this.rate.peek();
		const behind = video.currentTime - this.#presented;
		const isOld = behind < -0.001 || behind > denominator / numerator + 0.001;
		if (!isNew && isOld && video.paused) return false;
		if (!video.paused && -behind > MOST_AHEAD * Math.max(1, video.playbackRate)) return false;
		this.#position = this.#presented;
		this.#show(this.#presented);
		this.#correct((denominator * 1000) / numerator);
		return true;
	}

	/** At a seam the player may have moved its pictures a little: then a seek shows a neighbour of the wanted one. */
	#correct(frame: number): void {
		const wall = this.wall.peek();
		if (!this.constantRate || !this.video.paused || this.#target === undefined || wall === undefined) return;
		const off = this.#target + INTO_PICTURE_MS - wall;
		if (off >= 0 && off < frame + INTO_PICTURE_MS) return;
		// Once: what it is measured by may itself be a little off.
		this.#target = undefined;
		this.video.currentTime += (Math.sign(off) * frame) / 2000;
	}

	#arrived(): void {
		this.seeking.value = false;
		if (this.#settle()) return;
		this.#look(false);
		if (this.backwards.peek() > 0) this.#stepBackwards();
	}

	/** Where a segment really begins is known once it is loaded: the place of a seek may have moved since. Goes there then. */
	#settle(): boolean {
		if (this.#target === undefined || this.#corrections >= MOST_CORRECTIONS) return false;
		const place = mediaAt(this.spans.peek(), this.#target + INTO_PICTURE_MS);
		if (place === undefined || Math.abs(place.media - this.video.currentTime) <= 0.001) return false;
		this.#corrections += 1;
		this.#position = place.media - INTO_PICTURE_MS / 1000;
		this.video.currentTime = place.media;
		return true;
	}

	/** Shows the picture at a wall time; in a hole, the first one behind it. */
	seek(wall: number): void {
		const place = mediaAt(this.spans.peek(), wall + INTO_PICTURE_MS);
		if (place === undefined) {
			this.#wanted = wall;
			return;
		}
		const there = wallAt(this.spans.peek(), place.media);
		// In a hole: what comes behind it is what one wants to see.
		if (!place.shown && there !== undefined && there > wall) {
			this.seek(there);
			return;
		}
		this.#target = place.shown ? wall : undefined;
		this.#corrections = 0;
		this.#position = place.media - INTO_PICTURE_MS / 1000;
		this.video.currentTime = place.media;
		if (place.shown) this.wall.value = wall;
		else this.#show(place.media);
	}

	/** Goes so many milliseconds on, or back. */
	skip(by: number): void {
		this.result.value = undefined;
		const wall = this.wall.peek();
		if (wall !== undefined) this.seek(wall + by);
	}

	/** Goes so many pictures on, or back; pauses. */
	stepPictures(steps: number): void {
		this.pause();
		const [numerator, denominator] = this.rate.peek();
		const target = Math.max(0, frameStep(this.#position, steps, this.rate.peek()));
		this.#target = undefined;
		this.#position = Math.max(0, target - denominator / numerator / 2);
		this.video.currentTime = target;
		this.#show(this.#position);
	}

	/** The time that names the picture that is shown, in whole milliseconds. */
	get picture(): number | undefined {
		const wall = this.wall.peek();
		return wall === undefined ? undefined : pictureTime(wall);
	}

	play(): void {
		this.backwards.value = 0;
		void this.video.play().catch(() => undefined);
	}
	pause(): void {
		this.backwards.value = 0;
		this.result.value = undefined;
		this.video.pause();
	}
	toggle(): void {
		if (this.playing.peek() || this.backwards.peek() > 0) this.pause();
		else this.play();
	}
	setSpeed(speed: number): void {
		this.video.playbackRate = Math.min(8, Math.max(0.25, speed));
	}
	/** One speed faster, or slower. */
	changeSpeed(by: 1 | -1): void {
		const speed = this.speed.peek();
		const next = by > 0 ? SPEEDS.find((one) => one > speed) : SPEEDS.findLast((one) => one < speed);
		if (next !== undefined) this.setSpeed(next);
	}
	setVolume(volume: number): void {
		this.video.volume = Math.min(1, Math.max(0, volume));
		if (volume > 0) this.video.muted = false;
	}
	toggleSound(): void {
		this.video.muted = !this.video.muted;
	}
	setQuality(number: number): void {
		this.#source?.setQuality(number);
		this.quality.value = number;
	}

	/** L: forwards; each time again twice as fast. */
	shuttleForward(): void {
		if (!this.playing.peek()) {
			this.setSpeed(1);
			this.play();
		} else this.setSpeed(this.speed.peek() * 2);
	}

	/** J: backwards; each time again twice as fast. */
	shuttleBack(): void {
		this.video.pause();
		this.result.value = undefined;
		this.backwards.value = Math.min(8, Math.max(1, this.backwards.peek() * 2));
		if (!this.video.seeking) this.#stepBackwards();
	}

	#since = 0;
	#stepBackwards(): void {
		const now = performance.now();
		// As long as the last step took, but no leap after a pause of the page.
		const passed = Math.min(Math.max(now - this.#since, 40), 400);
		this.#since = now;
		const wall = this.wall.peek();
		const first = this.spans.peek().at(0)?.wall;
		if (wall === undefined || first === undefined || wall <= first) this.pause();
		else this.seek(Math.max(first, wall - passed * this.backwards.peek()));
	}

	/** Plays what the finished video shows, from here on. */
	playResult(pieces: readonly OutputPiece[]): void {
		this.#pieces = pieces;
		const first = beginResult(pieces, this.wall.peek() ?? 0);
		if (first.do === 'stop') return;
		if (first.do === 'jump') this.seek(first.to);
		this.result.value = first.piece;
		this.play();
	}

	#goOn(): void {
		const piece = this.result.peek();
		const wall = this.wall.peek();
		if (piece === undefined || wall === undefined || this.video.paused) return;
		const [numerator, denominator] = this.rate.peek();
		const ahead = ((denominator * 1000) / numerator) * this.speed.peek();
		const next = nextInResult(this.#pieces, piece, wall, ahead);
		if (next.do === 'stop') {
			this.pause();
			return;
		}
		this.result.value = next.piece;
		if (next.do === 'jump') this.seek(next.to);
	}
}
