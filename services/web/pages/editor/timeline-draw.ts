import type { Stretch } from './load-window.ts';
import type { PeakTile } from './stream-data.ts';
import { formatTime, type TimeStyle } from './time-entry.ts';
import { rulerTicks, xOf } from './timeline-view.ts';

/**
 * What a time line shows, in wall time. Drawn by us: components that show a waveform keep the peaks of all of it, and an
 * element as wide as it is long. Twelve hours at a tenth of a second per screen is 600 million pixels; here only what is
 * looked at is fetched and drawn.
 */
export interface Drawing {
	readonly view: Stretch;
	readonly peaks: readonly PeakTile[];
	readonly keyframes: readonly number[];
	readonly holes: readonly Stretch[];
	/** Where the recording ends, if that is in sight. */
	readonly edge: number | undefined;
	readonly ranges: readonly (Stretch & { active: boolean })[];
	readonly chapters: readonly number[];
	readonly playhead: number | undefined;
	readonly style: TimeStyle;
	readonly origin: number;
	/** By the names of the page's custom properties, without the dashes. */
	readonly colour: (name: string) => string;
}

export const RULER_HEIGHT = 20;

/** Draws the time line, in pixels of the page. */
export function drawTimeline(
	to: CanvasRenderingContext2D,
	width: number,
	height: number,
	what: Drawing,
): void {
	const { view, colour } = what;
	const x = (time: number) => xOf(view, width, time);
	to.fillStyle = colour('wave-ground');
	to.fillRect(0, 0, width, height);
	for (const range of what.ranges) {
		to.fillStyle = colour(range.active ? 'range-active-soft' : 'range-soft');
		const left = x(range.from);
		to.fillRect(left, RULER_HEIGHT, Math.max(1, x(range.to) - left), height - RULER_HEIGHT);
	}
	drawWave(to, width, height, what);
	drawKeyframes(to, width, height, what);
	drawHoles(to, width, height, what);
	drawRuler(to, width, height, what);
	for (const chapter of what.chapters) drawFlag(to, x(chapter), height, colour('chapter'));
	if (what.playhead !== undefined) {
		const at = Math.round(x(what.playhead));
		to.fillStyle = colour('playhead');
		to.fillRect(at - 0.75, 0, 1.5, height);
		to.beginPath();
		to.moveTo(at - 6, 0);
		to.lineTo(at + 6, 0);
		to.lineTo(at, 8);
		to.fill();
	}
}

/** Sounds are mostly far from full scale; this shows quiet ones, and keeps the order. */
function loudness(value: number): number {
	return Math.sign(value) * Math.sqrt(Math.min(1, Math.abs(value)));
}

function drawWave(to: CanvasRenderingContext2D, width: number, height: number, what: Drawing): void {
	const { view, peaks, ranges } = what;
	const middle = (height + RULER_HEIGHT) / 2;
	const half = (height - RULER_HEIGHT) / 2 - 3;
	const columns = Math.ceil(width);
	const low = new Float32Array(columns).fill(Number.NaN);
	const high = new Float32Array(columns).fill(Number.NaN);
	const perPixel = (view.to - view.from) / width;
	for (const { from, to: end, min, max } of peaks) {
		const count = min.length;
		const length = (end - from) / count;
		const first = Math.max(0, Math.floor((view.from - from) / length));
		const last = Math.min(count, Math.ceil((view.to - from) / length));
		for (let n = first; n < last; n++) {
			const [least, most] = [min[n], max[n]];
			if (least == null || most == null) continue;
			const left = Math.max(0, Math.floor((from + n * length - view.from) / perPixel));
			const right = Math.min(
				columns,
				Math.max(left + 1, Math.ceil((from + (n + 1) * length - view.from) / perPixel)),
			);
			for (let column = left; column < right; column++) {
				if (!(low[column]! <= least)) low[column] = least;
				if (!(high[column]! >= most)) high[column] = most;
			}
		}
	}
	const inside = new Uint8Array(columns);
	for (const range of ranges) {
		const from = Math.max(0, Math.floor(xOf(view, width, range.from)));
		inside.fill(
			range.active ? 2 : 1,
			from,
			Math.max(from, Math.min(columns, Math.ceil(xOf(view, width, range.to)))),
		);
	}
	const colours = ['wave', 'wave-range', 'wave-active'].map(what.colour);
	for (const [kind, style] of colours.entries()) {
		to.fillStyle = style;
		for (let column = 0; column < columns; column++) {
			if (inside[column] !== kind || Number.isNaN(low[column]!)) continue;
			const top = middle - loudness(high[column]!) * half;
			const bottom = middle - loudness(low[column]!) * half;
			to.fillRect(column, top, 1, Math.max(1, bottom - top));
		}
	}
}

/** Below so many pixels between them they would be a grey area. */
const LEAST_KEYFRAME_PIXELS = 5;

function drawKeyframes(to: CanvasRenderingContext2D, width: number, height: number, what: Drawing): void {
	const { view, keyframes } = what;
	if (keyframes.length > width / LEAST_KEYFRAME_PIXELS) return;
	to.fillStyle = what.colour('keyframe');
	for (const time of keyframes) to.fillRect(Math.round(xOf(view, width, time)), height - 9, 1, 9);
}

function drawHoles(to: CanvasRenderingContext2D, width: number, height: number, what: Drawing): void {
	const { view, holes, edge } = what;
	const future = edge !== undefined && edge < view.to ? [{ from: edge, to: view.to }] : [];
	for (const hole of [...holes, ...future]) {
		const left = Math.max(0, xOf(view, width, hole.from));
		const right = Math.min(width, xOf(view, width, hole.to));
		if (right <= 0 || left >= width) continue;
		to.save();
		to.beginPath();
		to.rect(left, RULER_HEIGHT, Math.max(1.5, right - left), height - RULER_HEIGHT);
		to.clip();
		to.fillStyle = what.colour('hole-soft');
		to.fill();
		to.strokeStyle = what.colour('hole');
		to.lineWidth = 1;
		to.beginPath();
		for (let at = left - height; at < right; at += 8) {
			to.moveTo(at, height);
			to.lineTo(at + height, 0);
		}
		to.stroke();
		to.restore();
	}
}

function drawRuler(to: CanvasRenderingContext2D, width: number, height: number, what: Drawing): void {
	const { view, style, origin } = what;
	to.fillStyle = what.colour('ruler-ground');
	to.fillRect(0, 0, width, RULER_HEIGHT);
	to.font = `11px ${what.colour('letters-fixed')}`;
	to.textBaseline = 'middle';
	const { step, times } = rulerTicks(view, width, style === 'utc' ? 0 : origin);
	for (const time of times) {
		const at = Math.round(xOf(view, width, time));
		to.fillStyle = what.colour('ruler-line');
		to.fillRect(at, RULER_HEIGHT - 5, 1, 5);
		to.globalAlpha = 0.35;
		to.fillRect(at, RULER_HEIGHT, 1, height - RULER_HEIGHT);
		to.globalAlpha = 1;
		to.fillStyle = what.colour('ruler-text');
		const text = formatTime(time, style, origin);
		to.fillText(step % 1000 === 0 ? text.slice(0, -4) : text, at + 4, RULER_HEIGHT / 2);
	}
}

function drawFlag(to: CanvasRenderingContext2D, x: number, height: number, style: string): void {
	to.fillStyle = style;
	to.fillRect(Math.round(x), RULER_HEIGHT, 1, height - RULER_HEIGHT);
	to.beginPath();
	to.moveTo(x, RULER_HEIGHT);
	to.lineTo(x + 9, RULER_HEIGHT + 5);
	to.lineTo(x, RULER_HEIGHT + 10);
	to.fill();
}
