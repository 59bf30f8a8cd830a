import type { SequenceSegment } from '../../../cutter/segments/best-sequence.ts';
import { dateFromTicks, TICKS_PER_SECOND } from '../../../cutter/segments/ticks.ts';

/** One segment of a media playlist. */
export interface PlaylistEntry {
	segment: SequenceSegment;
	/** The player must not expect its times or its format to go on from the segment before. */
	discontinuity: boolean;
}

/** A media playlist (RFC 8216, 4.3.3). */
export interface MediaPlaylist {
	entries: readonly PlaylistEntry[];
	/**
	 * `VOD`: complete, and never changes. `EVENT`: grows at its end. `live`: grows at its end and is dropped from at its
	 * beginning.
	 */
	type: 'VOD' | 'EVENT' | 'live';
	/** Number of the first segment; stays with that segment over all reloads. */
	mediaSequence: number;
	/** How many discontinuities were dropped from the beginning. */
	discontinuitySequence: number;
	/** Whole seconds that no segment exceeds, rounded; must not change over reloads. */
	targetDuration: number;
	/** Whether nothing follows. */
	ended: boolean;
}

/** The time of the first picture of a segment is the start in its name: the design's wall time. */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
	const { entries, type, mediaSequence, discontinuitySequence, targetDuration, ended } = playlist;
	const lines = [
		'#EXTM3U',
		'#EXT-X-VERSION:3',
		`#EXT-X-TARGETDURATION:${targetDuration}`,
		`#EXT-X-MEDIA-SEQUENCE:${mediaSequence}`,
		...(discontinuitySequence > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`] : []),
		...(type === 'live' ? [] : [`#EXT-X-PLAYLIST-TYPE:${type}`]),
	];
	for (const { segment, discontinuity } of entries) {
		if (discontinuity) lines.push('#EXT-X-DISCONTINUITY');
		lines.push(
			`#EXT-X-PROGRAM-DATE-TIME:${dateFromTicks(segment.start).toISOString()}`,
			`#EXTINF:${(segment.duration / TICKS_PER_SECOND).toFixed(6)},`,
			segmentUri(segment.path),
		);
	}
	if (ended) lines.push('#EXT-X-ENDLIST');
	return `${lines.join('\n')}\n`;
}

/** Where a segment is had from, relative to its quality's playlist: its hour folder and its name. */
export function segmentUri(path: string): string {
	const name = path.lastIndexOf('/');
	const hour = path.lastIndexOf('/', name - 1);
	// Colons would be read as the end of a scheme by some.
	return path.slice(hour + 1).replaceAll(':', '%3A');
}

/** The least target duration of segments (4.3.3.1): the longest, rounded to a whole second. At least 1. */
export function targetDurationOf(entries: readonly PlaylistEntry[]): number {
	let longest = TICKS_PER_SECOND;
	for (const { segment } of entries) longest = Math.max(longest, segment.duration);
	return Math.round(longest / TICKS_PER_SECOND);
}

/** One quality of a channel in a master playlist. */
export interface Variant {
	/** Where its media playlist is, relative to the master. */
	uri: string;
	/** Bits per second: of the largest segment, and on the average. */
	peakBandwidth: number;
	averageBandwidth: number;
	resolution?: { width: number; height: number } | undefined;
	frameRate?: number | undefined;
	/** RFC 6381; left out unless all streams are known. */
	codecs?: string | undefined;
	name: string;
}

/** A master playlist (RFC 8216, 4.3.4) of variants, the best first. */
export function writeMasterPlaylist(variants: readonly Variant[]): string {
	const sorted = variants.toSorted((a, b) => b.peakBandwidth - a.peakBandwidth);
	const lines = sorted.flatMap((variant) => [`#EXT-X-STREAM-INF:${attributes(variant)}`, variant.uri]);
	return `${['#EXTM3U', '#EXT-X-VERSION:3', ...lines].join('\n')}\n`;
}

function attributes(variant: Variant): string {
	const { peakBandwidth, averageBandwidth, resolution, frameRate, codecs, name } = variant;
	return [
		`BANDWIDTH=${Math.ceil(peakBandwidth)}`,
		`AVERAGE-BANDWIDTH=${Math.ceil(averageBandwidth)}`,
		...(codecs === undefined ? [] : [`CODECS="${codecs}"`]),
		...(resolution === undefined ? [] : [`RESOLUTION=${resolution.width}x${resolution.height}`]),
		...(frameRate === undefined ? [] : [`FRAME-RATE=${frameRate.toFixed(3)}`]),
		`NAME="${quoted(name)}"`,
	].join(',');
}

/** A quoted string must not hold quotes or line ends (4.2). */
function quoted(text: string): string {
	return text.replaceAll(/["\r\n]/g, '');
}
