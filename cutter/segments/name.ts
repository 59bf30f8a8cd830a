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
	/^([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?-(\d{1,5})(?:\.(\d{1,6}))?-(full|suspect|partial|temp)-([\w-]+={0,2})\.ts$/;

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
	const match = FILE.exec(name);
	if (match === null) return undefined;
	const startSeconds = Number(match[1]) * 60 + Number(match[2]);
	const startMicroseconds = microseconds(match[3]);
	const endSeconds = startSeconds + Number(match[4]);
	const endMicroseconds = startMicroseconds + microseconds(match[5]);
	const start = hour + startSeconds * TICKS_PER_SECOND + ticksFromMicroseconds(startMicroseconds);
	const duration = hour + endSeconds * TICKS_PER_SECOND + ticksFromMicroseconds(endMicroseconds) - start;
	if (duration <= 0) return undefined;
	return { start, duration, type: match[6] as SegmentName['type'], hash: match[7] as string };
}

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

function microseconds(fraction: string | undefined): number {
	return fraction === undefined ? 0 : Number(fraction.padEnd(6, '0'));
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
