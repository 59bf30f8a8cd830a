import { batch, computed, effect, signal } from '@preact/signals';
import { tellError } from '../look/toasts.tsx';
import { activeRange, addRange, setBound, splitRange } from './edit-ranges.ts';
import type { Editing } from './editing.ts';
import { loadWindow, padStretch, reachesNow, type Stretch } from './load-window.ts';
import { timeInHoles } from './media-clock.ts';
import { outputPieces } from './output-line.ts';
import { Player } from './player.ts';
import { StreamData } from './stream-data.ts';
import { passes } from './stream-trouble.ts';
import type { TimeStyle } from './time-entry.ts';
import { fitView, followTime, zoomView } from './timeline-view.ts';

/** Who may do without the video: a slow line at three in the morning. Kept by the browser. */
const WITHOUT_VIDEO = 'cutsheet.editor.without-video';
const LIVE_LOOK_MS = 4_000;

/** Everything that the parts of the editor page share. */
export class PageState {
	readonly editing: Editing;
	readonly player = new Player();
	readonly data: StreamData;
	/** What is loaded; undefined while the event says no time. */
	readonly loaded = signal<Stretch | undefined>(undefined);
	readonly view = signal<Stretch | undefined>(undefined);
	readonly live = signal(false);
	readonly withVideo = signal(localStorage.getItem(WITHOUT_VIDEO) === null);
	readonly timeStyle = signal<TimeStyle>('utc');
	readonly showsHelp = signal(false);
	/** The key of the range whose join is previewed. */
	readonly preview = signal<number | undefined>(undefined);
	/** Where the playhead is without a video. */
	readonly #cursor = signal<number | undefined>(undefined);
	readonly pieces = computed(() => outputPieces(this.editing.edit.value.ranges));
	readonly playhead = computed(() => this.player.wall.value ?? this.#cursor.value);
	readonly origin = computed(() => {
		const { start } = this.editing.detail.value.event;
		return start === null ? (this.loaded.value?.from ?? Date.now()) : Date.parse(start);
	});

	constructor(editing: Editing) {
		this.editing = editing;
		const { stream, event } = editing.detail.value;
		this.data = new StreamData(stream.channel, stream.quality);
		const { ranges } = editing.edit.peek();
		const times = { start: timeOf(event.start), end: timeOf(event.end) };
		const window = loadWindow(times, ranges, Date.now());
		const first = ranges[0]?.start ?? times.start ?? window?.from;
		if (window !== undefined) this.#open(window, first ?? window.from);
		// An event that says no time: the first mark that is typed does.
		effect(() => {
			if (this.loaded.value !== undefined) return;
			const marked = loadWindow({ start: null, end: null }, editing.edit.value.ranges, Date.now());
			if (marked !== undefined) this.#open(marked, this.goodPlace(marked));
		});
		effect(() => {
			const found = this.data.rate.value;
			if (!found) return;
			this.player.rate.value = found.rate;
			this.player.constantRate = found.constant;
		});
		// While it plays the view goes along, but not away from what somebody looks at.
		effect(() => {
			const time = this.playhead.value;
			const [view, all] = [this.view.peek(), this.loaded.peek()];
			if (time === undefined || !view || !all || !this.player.playing.peek()) return;
			this.view.value = followTime(view, all, time);
		});
		effect(() => {
			const edge = this.player.edge.value ?? this.data.edge.value;
			const all = this.loaded.peek();
			if (!this.live.value || !all || edge === undefined || edge <= all.to) return;
			const [view] = [this.view.peek()];
			batch(() => {
				this.loaded.value = { from: all.from, to: edge };
				if (view && view.from === all.from && view.to === all.to) this.view.value = this.loaded.value;
			});
		});
		setInterval(() => {
			const all = this.loaded.peek();
			if (!this.live.peek() || !all) return;
			void this.data.readCoverage({ from: all.from, to: Date.now() });
			this.data.refresh();
		}, LIVE_LOOK_MS);
	}

	#open(window: Stretch, at: number): void {
		batch(() => {
			this.loaded.value = window;
			this.view.value = window;
			this.#cursor.value = at;
			this.live.value = reachesNow(window, Date.now());
		});
		this.#covered = this.data.readCoverage(window);
		void this.data.readRate(at);
		this.#play(at).catch(tellError);
	}

	#covered: Promise<void> = Promise.resolve();

	async #play(at: number): Promise<void> {
		const window = this.loaded.peek();
		if (window === undefined || !this.withVideo.peek()) return;
		// Holes take no time on the player's line: with them known it begins at the right segment.
		await this.#covered;
		if (this.data.rate.peek() === undefined) void this.data.readRate(at);
		if (this.loaded.peek()?.from !== window.from || !this.withVideo.peek()) return;
		const shown = at - window.from - timeInHoles(this.data.holes.peek(), window.from, at);
		const { channel } = this.editing.detail.peek().stream;
		const live = this.live.peek();
		await this.player.load(channel, window, { live, at, startSeconds: Math.max(0, shown / 1000) });
	}

	/** Loads the video, or lets go of it: everything else works without. */
	setVideo(on: boolean): void {
		this.withVideo.value = on;
		if (on) localStorage.removeItem(WITHOUT_VIDEO);
		else localStorage.setItem(WITHOUT_VIDEO, 'yes');
		const at = this.playhead.peek() ?? this.loaded.peek()?.from;
		this.#cursor.value = at;
		const window = this.loaded.peek();
		if (on && window !== undefined && at !== undefined) {
			// Perhaps nothing could be had before; then the holes are not known either.
			this.#covered = this.data.readCoverage(window);
			this.#play(at).catch(tellError);
		} else this.player.unload();
	}

	/** The service is there again: what could not be loaded without it is loaded now. */
	serviceIsBack(): void {
		const trouble = this.player.trouble.peek();
		if (this.withVideo.peek() && trouble !== undefined && passes(trouble)) this.setVideo(true);
	}

	/** Where to begin in a stretch: at the first mark in it. */
	goodPlace({ from, to }: Stretch): number {
		const { ranges } = this.editing.edit.peek();
		const marks = ranges.flatMap(({ start, end }) => [start, end]).filter((time) => time !== null);
		return marks.find((time) => time >= from && time < to) ?? from;
	}

	/** Loads more before or behind (milliseconds); place and marks stay. */
	pad(before: number, after: number): void {
		const all = this.loaded.peek();
		if (all) this.change(padStretch(all, before, after, Date.now()));
	}

	/** Loads another stretch; the place stays if it is in it. */
	change(window: Stretch): void {
		const at = this.playhead.peek();
		const inside = at !== undefined && at >= window.from && at < window.to;
		this.#open(window, inside ? at : this.goodPlace(window));
	}

	/** Follows the stream while it grows, or stays with what there is now. The place stays in either case. */
	follow(on: boolean): void {
		const all = this.loaded.peek();
		if (!all) return;
		const at = this.playhead.peek() ?? all.from;
		this.live.value = on;
		const edge = this.data.edge.peek() ?? all.to;
		if (!on) this.loaded.value = { from: all.from, to: Math.max(edge, all.from + 1_000) };
		this.#play(at).catch(tellError);
	}

	/** Goes to a wall time, and shows it. */
	seek(time: number): void {
		const [view, all] = [this.view.peek(), this.loaded.peek()];
		if (!all) return;
		const inside = Math.min(Math.max(time, all.from), all.to);
		this.#cursor.value = inside;
		this.player.result.value = undefined;
		this.player.seek(inside);
		if (view) this.view.value = followTime(view, all, inside);
	}

	skip(by: number): void {
		const at = this.playhead.peek();
		if (at !== undefined) this.seek(at + by);
	}

	/** The time that a mark set now gets: that of the picture that is shown. */
	get here(): number | undefined {
		return this.player.picture ?? this.#cursor.peek();
	}

	markBound(bound: 'start' | 'end'): void {
		const { here } = this;
		if (here !== undefined) this.editing.mark((working) => setBound(working, working.active, bound, here));
	}

	addRangeHere(): void {
		const { here } = this;
		// The one that is still empty is the new one.
		this.editing.mark((working) => {
			const { start, end, key } = activeRange(working);
			if (start === null && end === null) return setBound(working, key, 'start', here ?? null);
			return addRange(working, here ?? null);
		});
	}

	splitHere(): void {
		const { here } = this;
		if (here !== undefined) this.editing.mark((working) => splitRange(working, working.active, here));
	}

	goToBound(bound: 'start' | 'end'): void {
		const time = activeRange(this.editing.working.peek())[bound];
		if (time !== null) this.seek(time);
	}

	zoom(factor: number): void {
		const [view, all] = [this.view.peek(), this.loaded.peek()];
		if (!view || !all) return;
		const at = this.playhead.peek();
		const anchor = at !== undefined && at >= view.from && at <= view.to ? at : (view.from + view.to) / 2;
		this.view.value = zoomView(view, all, factor, anchor);
	}

	zoomTo(stretch: Stretch | undefined): void {
		const all = this.loaded.peek();
		if (all) this.view.value = stretch ? fitView(stretch, all) : all;
	}

	zoomToRange(): void {
		const { start, end } = activeRange(this.editing.working.peek());
		if (start !== null && end !== null && start < end) this.zoomTo({ from: start, to: end });
	}

	playResult(): void {
		if (this.player.result.peek() !== undefined) this.player.pause();
		else this.player.playResult(this.pieces.peek());
	}
}

export function timeOf(text: string | null): number | null {
	return text === null ? null : Date.parse(text);
}
