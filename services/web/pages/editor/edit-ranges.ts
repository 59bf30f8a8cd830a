import { type Edit, type EditRange, type Join, newKey } from './edit.ts';

/** An edit, and which of its ranges the marks go to. What undo goes back to. */
export interface Working {
	readonly edit: Edit;
	/** The key of the active range. */
	readonly active: number;
}

export type Bound = 'start' | 'end';

/** The active range; there is always one. */
export function activeRange({ edit, active }: Working): EditRange {
	return edit.ranges.find((range) => range.key === active) ?? edit.ranges[0]!;
}

function withRanges(working: Working, ranges: readonly EditRange[], active = working.active): Working {
	return { edit: { ...working.edit, ranges }, active };
}

/** Moves a bound of a range, to the millisecond; null takes the mark away. */
export function setBound(working: Working, key: number, bound: Bound, time: number | null): Working {
	const value = time === null ? null : Math.round(time);
	return withRanges(
		working,
		working.edit.ranges.map((range) => (range.key === key ? { ...range, [bound]: value } : range)),
	);
}

/** Moves a whole range by so many milliseconds. */
export function shiftRange(working: Working, key: number, by: number): Working {
	const moved = (time: number | null) => (time === null ? null : Math.round(time + by));
	return withRanges(
		working,
		working.edit.ranges.map((range) =>
			range.key === key ? { ...range, start: moved(range.start), end: moved(range.end) } : range,
		),
	);
}

/** Adds a range behind the active one, and makes it the active one. */
export function addRange(working: Working, start: number | null = null, end: number | null = null): Working {
	const range: EditRange = { key: newKey(), start, end, join: null };
	const { ranges } = working.edit;
	const at = ranges.findIndex(({ key }) => key === working.active) + 1 || ranges.length;
	return withRanges(working, ranges.toSpliced(at, 0, range), range.key);
}

/** Deletes a range; of the last one only the marks go. What was active stays so, else its neighbour becomes it. */
export function deleteRange(working: Working, key: number): Working {
	const { ranges } = working.edit;
	const at = ranges.findIndex((range) => range.key === key);
	if (at === -1) return working;
	if (ranges.length === 1)
		return withRanges(working, [{ ...ranges[0]!, start: null, end: null, join: null }], key);
	const left = ranges.toSpliced(at, 1);
	const active = working.active === key ? left[Math.min(at, left.length - 1)]!.key : working.active;
	return withRanges(working, left, active);
}

/** Puts a range at another place in the playing order (counted from 0); its join goes with it. */
export function moveRange(working: Working, key: number, to: number): Working {
	const { ranges } = working.edit;
	const from = ranges.findIndex((range) => range.key === key);
	if (from === -1) return working;
	const place = Math.max(0, Math.min(to, ranges.length - 1));
	if (place === from) return working;
	return withRanges(working, ranges.toSpliced(from, 1).toSpliced(place, 0, ranges[from]!));
}

/** Splits a range in two at a time inside it; the later part becomes the active one. */
export function splitRange(working: Working, key: number, at: number): Working {
	const { ranges } = working.edit;
	const index = ranges.findIndex((range) => range.key === key);
	const range = ranges[index];
	const time = Math.round(at);
	if (range === undefined || range.start === null || range.end === null) return working;
	if (time <= range.start || time >= range.end) return working;
	const later: EditRange = { key: newKey(), start: time, end: range.end, join: null };
	return withRanges(working, ranges.toSpliced(index, 1, { ...range, end: time }, later), later.key);
}

/** Makes the range with this number (from 0) the active one. */
export function activate(working: Working, number: number): Working {
	const range = working.edit.ranges[number];
	return range === undefined ? working : { ...working, active: range.key };
}

/** Says how a range takes over from the one before it. */
export function setJoin(working: Working, key: number, join: Join): Working {
	return withRanges(
		working,
		working.edit.ranges.map((range) => (range.key === key ? { ...range, join } : range)),
	);
}

/** Its length in milliseconds; undefined while a mark is missing. Below 0 when the marks are the wrong way round. */
export function rangeLength({ start, end }: EditRange): number | undefined {
	return start === null || end === null ? undefined : end - start;
}

/**
 * The longest transition into the range with this number that fits, in seconds: both ranges must hold it beside the
 * transitions at their other ends (the rule of video_ranges_problem in the database). 0 when none fits.
 */
export function longestJoin(ranges: readonly EditRange[], number: number): number {
	const room = (index: number, otherJoin: Join | undefined) => {
		const range = ranges[index];
		const length = range && rangeLength(range);
		return length === undefined ? 0 : length - Math.round((otherJoin?.seconds ?? 0) * 1000);
	};
	if (number < 1 || number >= ranges.length) return 0;
	const before = room(number - 1, number >= 2 ? ranges[number - 1]!.join : null);
	const after = room(number, ranges[number + 1]?.join);
	return Math.max(0, Math.min(before, after)) / 1000;
}

/** A thing about the ranges that a person should know. Errors keep the edit from being cut, warnings do not. */
export interface RangeNote {
	readonly key: number;
	readonly level: 'error' | 'warning';
	/** Which part of the range's row it stands beside. */
	readonly field: 'start' | 'end' | 'join';
	readonly sentence: string;
}

/** Everything that is wrong or odd about the ranges, in their order. */
export function rangeNotes(ranges: readonly EditRange[]): RangeNote[] {
	return ranges.flatMap((range, index) => [
		...boundNotes(range, index),
		...overlapNotes(ranges, index),
		...joinNotes(ranges, index),
	]);
}

function boundNotes({ key, start, end }: EditRange, index: number): RangeNote[] {
	const name = `Range ${index + 1}`;
	const missing = (field: Bound, letter: string, what: string): RangeNote => ({
		...{ key, level: 'error', field },
		sentence: `${name} has no ${what} yet: go there and press ${letter}.`,
	});
	if (start === null) return [missing('start', 'I', 'beginning')];
	if (end === null) return [missing('end', 'O', 'end')];
	if (end === start)
		return [{ key, level: 'error', field: 'end', sentence: `${name} is empty: it ends where it begins.` }];
	if (end < start) return [{ key, level: 'error', field: 'end', sentence: `${name} ends before it begins.` }];
	return [];
}

function overlapNotes(ranges: readonly EditRange[], index: number): RangeNote[] {
	const range = ranges[index]!;
	if ((rangeLength(range) ?? 0) <= 0) return [];
	const others = ranges.slice(0, index).flatMap((other, number) => {
		if ((rangeLength(other) ?? 0) <= 0) return [];
		const shared = Math.min(range.end!, other.end!) - Math.max(range.start!, other.start!);
		return shared > 0 ? [{ number: number + 1, shared }] : [];
	});
	return others.map(({ number, shared }) => ({
		...{ key: range.key, level: 'warning', field: 'start' },
		sentence: `Range ${index + 1} shows ${shared / 1000} s again that range ${number} has shown.`,
	}));
}

function joinNotes(ranges: readonly EditRange[], index: number): RangeNote[] {
	const { key, join } = ranges[index]!;
	if (index === 0 || join === null) return [];
	const longest = longestJoin(ranges, index);
	const note = (sentence: string): RangeNote => ({ key, level: 'error', field: 'join', sentence });
	if (!(join.seconds > 0)) return [note('A transition lasts longer than 0 s. For a hard cut, choose “cut”.')];
	if (join.seconds <= longest + 1e-9) return [];
	const lengths = [ranges[index - 1]!, ranges[index]!].map(rangeLength);
	if (lengths.some((length) => length === undefined || length <= 0)) return [];
	return [
		note(
			longest === 0
				? `There is no room for a transition between ranges ${index} and ${index + 1}: they are too short.`
				: `Ranges ${index} and ${index + 1} have room for a transition of ${longest} s at most.`,
		),
	];
}
