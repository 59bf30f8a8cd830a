import './timeline.css';
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Canvas } from './canvas.tsx';
import type { EditRange } from './edit.ts';
import { type Bound, setBound } from './edit-ranges.ts';
import type { PageState } from './page-state.ts';
import { formatDayAndTime } from './time-entry.ts';
import { drawTimeline, RULER_HEIGHT } from './timeline-draw.ts';
import { panView, placeLabels, timeAt, xOf, zoomView } from './timeline-view.ts';

const HEIGHT = 146;
const OVERVIEW_HEIGHT = 26;
/** Pixels. */
const TIGHT = matchMedia('(pointer: coarse)').matches ? 34 : 14;

interface Props {
	state: PageState;
}

/** The sound of the stream with ranges, holes, keyframes and the playhead; below it all that is loaded. */
export function Timeline({ state }: Props) {
	return (
		<section class="timeline" aria-label="Time line">
			<Wave state={state} />
			<div class="loaded">
				<Pads state={state} side="before" />
				<Overview state={state} />
				<Pads state={state} side="behind" />
			</div>
		</section>
	);
}

function Wave({ state }: Props) {
	const width = useSignal(1);
	const place = useRef<HTMLDivElement>(null);
	const pointers = useRef(new Map<number, number>());
	const view = state.view.value;
	const all = state.loaded.value;
	if (!view || !all) return <div class="wave empty">Nothing is loaded.</div>;

	const x = (event: PointerEvent | WheelEvent) => event.clientX - place.current!.getBoundingClientRect().left;
	const timeOf = (event: PointerEvent | WheelEvent) => timeAt(state.view.peek()!, width.peek(), x(event));

	function wheel(event: WheelEvent): void {
		event.preventDefault();
		const [view, all] = [state.view.peek()!, state.loaded.peek()!];
		const sideways = event.shiftKey ? event.deltaY : event.deltaX;
		if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
			state.view.value = panView(view, all, (sideways / width.peek()) * (view.to - view.from));
		else state.view.value = zoomView(view, all, 2 ** (-event.deltaY / 240), timeOf(event));
	}
	function down(event: PointerEvent): void {
		if (event.button !== 0) return;
		place.current!.setPointerCapture(event.pointerId);
		pointers.current.set(event.pointerId, x(event));
		if (pointers.current.size === 1) state.seek(timeOf(event));
	}
	function move(event: PointerEvent): void {
		const before = pointers.current.get(event.pointerId);
		if (before === undefined) return;
		const now = x(event);
		pointers.current.set(event.pointerId, now);
		if (pointers.current.size === 1) {
			state.seek(timeOf(event));
			return;
		}
		// Two fingers: what is between them stays between them.
		const other = [...pointers.current].find(([id]) => id !== event.pointerId)![1];
		const [view, all] = [state.view.peek()!, state.loaded.peek()!];
		const factor = Math.abs(now - other) / Math.max(8, Math.abs(before - other));
		const zoomed = zoomView(view, all, factor, timeAt(view, width.peek(), other));
		state.view.value = zoomed;
	}
	const up = (event: PointerEvent) => pointers.current.delete(event.pointerId);

	const { ranges } = state.editing.edit.value;
	const { active } = state.editing.working.value;
	const labels = placeLabels(
		ranges.map(({ key, start, end }, index) => ({
			...{ key: String(key), number: index + 1, from: start, to: end, active: key === active },
		})),
		view,
		width.value,
		(HEIGHT - RULER_HEIGHT) / 2,
	);
	return (
		<div
			class="wave"
			ref={place}
			onWheel={wheel}
			onPointerDown={down}
			onPointerMove={move}
			onPointerUp={up}
			onPointerCancel={up}
		>
			<Canvas
				class="drawn"
				height={HEIGHT}
				label="The sound of the stream, with the marked ranges, holes in the recording and keyframes"
				onWidth={(pixels) => {
					width.value = pixels;
				}}
				draw={(to, wide, high, colour) => {
					const { value: view } = state.view;
					state.data.version.value;
					if (!view) return;
					const { edit, active } = state.editing.working.value;
					drawTimeline(to, wide, high, {
						view,
						peaks: state.data.peaks(view),
						keyframes: state.data.keyframes(view),
						holes: state.data.holes.value,
						edge: state.data.edge.value,
						ranges: whole(edit.ranges).map((range) => ({
							from: range.start,
							to: range.end,
							active: range.key === active,
						})),
						chapters: edit.chapters.map(({ at }) => at),
						playhead: state.playhead.value,
						style: state.timeStyle.value,
						origin: state.origin.value,
						colour,
					});
				}}
			/>
			{ranges.flatMap((range, index) =>
				(['start', 'end'] as const).map((bound) => (
					<Handle
						key={`${range.key} ${bound}`}
						state={state}
						range={range}
						number={index + 1}
						bound={bound}
						labelTop={labels.get(`${range.key} ${bound}`)}
						width={width.value}
						timeOf={timeOf}
					/>
				)),
			)}
		</div>
	);
}

function whole(ranges: readonly EditRange[]) {
	return ranges.filter(
		(range): range is EditRange & { start: number; end: number } =>
			range.start !== null && range.end !== null && range.start < range.end,
	);
}

interface HandleProps extends Props {
	range: EditRange;
	number: number;
	bound: Bound;
	/** Pixels; undefined: there is no room for its label. */
	labelTop: number | undefined;
	width: number;
	timeOf: (event: PointerEvent) => number;
}

/**
 * A bound to be dragged, or moved with the arrow keys: a picture at a time, with Shift a second; Home and End as far as it
 * goes.
 */
function Handle({ state, range, number, bound, labelTop, width, timeOf }: HandleProps) {
	const view = state.view.value!;
	const time = range[bound];
	if (time === null) return null;
	const left = xOf(view, width, time);
	const active = range.key === state.editing.working.value.active;
	const { editing } = state;
	const set = (to: number) => {
		editing.mark(
			(working) => ({ ...setBound(working, range.key, bound, to), active: range.key }),
			`drag ${range.key} ${bound}`,
		);
	};
	function move(event: PointerEvent): void {
		const handle = event.currentTarget as HTMLElement;
		if (!handle.hasPointerCapture(event.pointerId)) return;
		event.stopPropagation();
		const all = state.loaded.peek()!;
		const to = Math.round(Math.min(Math.max(timeOf(event), all.from), all.to));
		set(to);
		state.player.seek(to);
	}
	const [numerator, denominator] = state.player.rate.value;
	const picture = (denominator * 1_000) / numerator;
	const all = state.loaded.value ?? view;
	// A range has a picture at least.
	const least = bound === 'end' ? Math.round((range.start ?? all.from) + picture) : all.from;
	const most = bound === 'start' ? Math.round((range.end ?? all.to) - picture) : all.to;
	function key(event: KeyboardEvent): void {
		const step = event.shiftKey ? 1_000 : picture;
		const places = { ArrowLeft: time! - step, ArrowRight: time! + step, Home: least, End: most };
		const to = places[event.key as keyof typeof places];
		if (to === undefined || editing.open.peek() !== 'all') return;
		event.preventDefault();
		event.stopPropagation();
		set(to);
		state.player.seek(to);
	}
	// Handles of a range that is narrower than they are would cover each other: each reaches outwards then.
	const isTight =
		range.start !== null &&
		range.end !== null &&
		xOf(view, width, range.end) - xOf(view, width, range.start) < TIGHT;
	const hidden = left < -8 || left > width + 8;
	return (
		<div
			class={`handle ${bound} ${active ? 'active' : ''} ${isTight ? 'tight' : ''}`}
			role="slider"
			tabIndex={editing.open.value === 'all' ? 0 : -1}
			aria-label={`${bound === 'start' ? 'Beginning' : 'End'} of range ${number}`}
			aria-valuemin={Math.round(least - state.origin.value)}
			aria-valuemax={Math.round(most - state.origin.value)}
			aria-valuenow={Math.round(time - state.origin.value)}
			aria-valuetext={formatDayAndTime(time)}
			aria-disabled={editing.open.value !== 'all'}
			hidden={hidden}
			style={{ left: `${left}px` }}
			onPointerDown={(event) => {
				event.stopPropagation();
				if (event.button !== 0 || editing.open.peek() !== 'all') return;
				(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
				state.player.pause();
			}}
			onPointerMove={move}
			onPointerUp={() => editing.endGesture()}
			onBlur={() => editing.endGesture()}
			onKeyDown={key}
		>
			{labelTop !== undefined && (
				<span aria-hidden="true" style={{ top: `${labelTop}px` }}>
					{number}
				</span>
			)}
		</div>
	);
}

/** All that is loaded in one strip: what of it is in view, where the ranges and holes are. */
function Overview({ state }: Props) {
	const width = useSignal(1);
	const all = state.loaded.value;
	if (!all) return null;
	const go = (event: PointerEvent) => {
		const strip = event.currentTarget as HTMLElement;
		if (event.type === 'pointerdown') strip.setPointerCapture(event.pointerId);
		else if (!strip.hasPointerCapture(event.pointerId)) return;
		const time = timeAt(all, width.peek(), event.clientX - strip.getBoundingClientRect().left);
		const view = state.view.peek()!;
		state.view.value = panView(view, all, time - (view.from + view.to) / 2);
		if (view.to - view.from >= all.to - all.from) state.seek(time);
	};
	return (
		<div class="overview" onPointerDown={go} onPointerMove={go}>
			<Canvas
				class="drawn"
				height={OVERVIEW_HEIGHT}
				label="All that is loaded, and which part of it is shown above"
				onWidth={(pixels) => {
					width.value = pixels;
				}}
				draw={(to, wide, high, colour) => {
					const [all, view] = [state.loaded.value, state.view.value];
					if (!all || !view) return;
					const bar = (from: number, end: number, style: string, top = 4, bottom = high - 4) => {
						to.fillStyle = colour(style);
						const left = xOf(all, wide, from);
						to.fillRect(left, top, Math.max(1.5, xOf(all, wide, end) - left), bottom - top);
					};
					to.fillStyle = colour('wave-ground');
					to.fillRect(0, 0, wide, high);
					const { edit, active } = state.editing.working.value;
					for (const range of whole(edit.ranges))
						bar(range.start, range.end, range.key === active ? 'wave-active' : 'wave-range');
					for (const { from, to: end } of state.data.holes.value) bar(from, end, 'hole', 0, high);
					const edge = state.data.edge.value;
					if (edge !== undefined && edge < all.to) bar(edge, all.to, 'hole-soft', 0, high);
					to.strokeStyle = colour('view-frame');
					to.lineWidth = 2;
					const left = xOf(all, wide, view.from);
					to.strokeRect(left + 1, 1, Math.max(4, xOf(all, wide, view.to) - left - 2), high - 2);
					const playhead = state.playhead.value;
					if (playhead !== undefined) bar(playhead, playhead, 'playhead', 0, high);
				}}
			/>
		</div>
	);
}

const PADS = [
	{ name: '1m', says: 'a minute', length: 60_000 },
	{ name: '10m', says: 'ten minutes', length: 600_000 },
	{ name: '1h', says: 'an hour', length: 3_600_000 },
];

/** Loads more of the stream at one side; place and marks stay. */
function Pads({ state, side }: Props & { side: 'before' | 'behind' }) {
	const buttons = PADS.map(({ name, says, length }) => (
		<button
			key={name}
			type="button"
			class="button plain small"
			aria-label={`Load ${says} more ${side}`}
			title={`Load ${says} more ${side}`}
			onClick={() => (side === 'before' ? state.pad(length, 0) : state.pad(0, length))}
		>
			+{name}
		</button>
	));
	return <div class="pads">{side === 'before' ? buttons.toReversed() : buttons}</div>;
}
