import { TICKS_PER_SECOND } from './ticks.ts';

/** What can be cut. A `temp` file is one that a recorder still writes: it may vanish, so it is never used. */
export type SegmentType = 'full' | 'suspect' | 'partial';

/** One segment on disk. */
export interface Segment {
	/** Where the file lies. */
	readonly path: string;
	/** Wall time of its first picture: 90 kHz ticks since the Unix epoch. */
	readonly start: number;
	/** How long it says it is, in 90 kHz ticks; above 0. */
	readonly duration: number;
	readonly type: SegmentType;
	/** Bytes. Only there when sizes had to decide between segments of the same start: nothing else needs a stat. */
	readonly size?: number;
}

/** What the name of a segment says. */
export interface SegmentName {
	/** 90 kHz ticks since the Unix epoch. */
	readonly start: number;
	/** 90 kHz ticks, above 0. */
	readonly duration: number;
	readonly type: SegmentType | 'temp';
	/** Unpadded url-safe base64 of the SHA-256 of the bytes; of a `temp` file anything that makes it unique. */
	readonly hash: string;
}

const HOUR_FOLDER = /^\d{4}-\d\d-\d\dT\d\d$/;
const FILE =
	/^[0-5]\d:[0-5]\d(?:\.\d{1,6})?-\d{1,5}(?:\.\d{1,6})?-(?:full|suspect|partial|temp)-[\w-]+={0,2}\.ts$/;

/**
 * The tick at which an hour folder `YYYY-MM-DDTHH` (UTC) begins; undefined when that is not such a name.
 */
export function parseHourFolder(name: string): number | undefined {
	if (!HOUR_FOLDER.test(name)) return undefined;
	const milliseconds = Date.parse(`${name}:00:00.000Z`);
	// Date.parse takes 30 February for 1 March: only what formats back to the same name is an hour.
	if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(name)) return undefined;
	return (milliseconds / 1000) * TICKS_PER_SECOND;
}

/** The name of the hour folder in which a segment that starts at `ticks` lies: `YYYY-MM-DDTHH`, UTC. */
export function formatHourFolder(ticks: number): string {
	return new Date(Math.floor(ticks / TICKS_PER_SECOND) * 1000).toISOString().slice(0, 'YYYY-MM-DDTHH'.length);
}

/**
 * Reads the name of a segment file, `MM:SS.ffffff-DURATION-TYPE-HASH.ts`, in the hour folder that begins at the tick
 * `hour`; undefined for every other name. Recorders differ in how many digits of a fraction they write (none to six).
 *
 * A microsecond is not a whole number of ticks. Start *and end* are rounded to the nearest tick, and the duration is
 * their difference: segments whose names join to the microsecond so join to the tick.
 */
export function parseSegmentName(hour: number, name: string): SegmentName | undefined {
	// Twelve hours are 20,000 names, and an array of eight strings for each takes longer than to read their numbers.
	if (!FILE.test(name)) return undefined;
	const beforeDuration = name.indexOf('-');
	const beforeType = name.indexOf('-', beforeDuration + 1);
	const beforeHash = name.indexOf('-', beforeType + 1);
	const beforeFraction = Math.min(name.indexOf('.', beforeDuration), beforeType);
	const startSeconds = numberAt(name, 0, 2) * 60 + numberAt(name, 3, 5);
	const startMicroseconds = microsecondsAt(name, 6, beforeDuration);
	const endSeconds = startSeconds + numberAt(name, beforeDuration + 1, beforeFraction);
	const endMicroseconds = startMicroseconds + microsecondsAt(name, beforeFraction + 1, beforeType);
	const start = startSeconds * TICKS_PER_SECOND + ticksFromMicroseconds(startMicroseconds);
	const duration = endSeconds * TICKS_PER_SECOND + ticksFromMicroseconds(endMicroseconds) - start;
	if (duration <= 0) return undefined;
	const type = TYPES[name.charAt(beforeType + 1)]!;
	return { start: hour + start, duration, type, hash: name.slice(beforeHash + 1, -'.ts'.length) };
}

/** The types by their first letters. */
const TYPES: Readonly<Record<string, SegmentName['type']>> = {
	f: 'full',
	s: 'suspect',
	p: 'partial',
	t: 'temp',
};

/** The number that the digits of [from, to) say. */
function numberAt(name: string, from: number, to: number): number {
	let value = 0;
	for (let at = from; at < to; at++) value = value * 10 + name.charCodeAt(at) - DIGIT_ZERO;
	return value;
}

const DIGIT_ZERO = 0x30;

/** The microseconds that the digits of a fraction in [from, to) say; none say 0. */
function microsecondsAt(name: string, from: number, to: number): number {
	return from < to ? numberAt(name, from, to) * POWERS_OF_TEN[6 - (to - from)]! : 0;
}

const POWERS_OF_TEN = [1, 10, 100, 1000, 10_000, 100_000];

/**
 * The path of a segment below its quality folder, `YYYY-MM-DDTHH/MM:SS.ffffff-DURATION-TYPE-HASH.ts`. Reading it with
 * `parseSegmentName` gives the same ticks back.
 */
export function formatSegmentPath(segment: SegmentName): string {
	const start = splitTicks(segment.start);
	const end = splitTicks(segment.start + segment.duration);
	const minute = Math.floor(start.seconds / 60) % 60;
	const time = `${pad(minute, 2)}:${pad(start.seconds % 60, 2)}.${pad(start.microseconds, 6)}`;
	const length = (end.seconds - start.seconds) * 1_000_000 + end.microseconds - start.microseconds;
	const fraction = pad(length % 1_000_000, 6).replace(/0+$/, '') || '0';
	const duration = `${Math.floor(length / 1_000_000)}.${fraction}`;
	return `${formatHourFolder(segment.start)}/${time}-${duration}-${segment.type}-${segment.hash}.ts`;
}

function ticksFromMicroseconds(value: number): number {
	return Math.round((value * 9) / 100);
}

function splitTicks(ticks: number): { seconds: number; microseconds: number } {
	const seconds = Math.floor(ticks / TICKS_PER_SECOND);
	return { seconds, microseconds: Math.round(((ticks - seconds * TICKS_PER_SECOND) * 100) / 9) };
}

function pad(value: number, length: number): string {
	return String(value).padStart(length, '0');
}
