/** A segment as the player has it: which part of its own time line shows which wall time. */
export interface MediaSpan {
	/** Seconds on the player's time line. */
	readonly media: number;
	/** Seconds. */
	readonly length: number;
	/** Wall time of its first picture, milliseconds since the Unix epoch, with fractions. */
	readonly wall: number;
}

/**
 * Spans by the player's time, which is wall time's order too. An array is such a list; of half a day with its 20,000
 * segments better one that makes a span only when it is asked for.
 */
export interface MediaSpans {
	readonly length: number;
	at(index: number): MediaSpan | undefined;
}

/** Two spans join when their wall times do, to the store's 10 ms: else there is a hole between them. */
const JOIN_MS = 10;

/** The place of the last span that begins before or at something; -1 when none does. `begins` says so of a span. */
function lastBegun(spans: MediaSpans, begins: (span: MediaSpan) => boolean): number {
	let [low, high] = [0, spans.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (begins(spans.at(middle)!)) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** The span that is played at `media` (seconds); the first one before all of them. */
function spanAt(spans: MediaSpans, media: number): MediaSpan | undefined {
	return spans.at(
		Math.max(
			0,
			lastBegun(spans, (one) => one.media <= media + 1e-6),
		),
	);
}

/** The wall time (milliseconds) that the player's time `media` (seconds) shows; undefined without spans. */
export function wallAt(spans: MediaSpans, media: number): number | undefined {
	const span = spanAt(spans, media);
	if (span === undefined) return undefined;
	return span.wall + (media - span.media) * 1000;
}

/**
 * The wall time (milliseconds) of the picture that the player shows at `media` (seconds), in a stream of a constant rate.
 * A segment begins with a picture, and each further one comes a frame later: on that grid it is exact, even where the
 * player has moved its pictures a little, as it does at the seams of recordings. Undefined without spans.
 */
export function pictureAt(
	spans: MediaSpans,
	media: number,
	[numerator, denominator]: FrameRate,
): number | undefined {
	const span = spanAt(spans, media);
	if (span === undefined) return undefined;
	const picture = Math.round(((media - span.media) * numerator) / denominator);
	return span.wall + (picture * 1000 * denominator) / numerator;
}

/** How much of a stretch lies in holes, in milliseconds. */
export function timeInHoles(
	holes: readonly { from: number; to: number }[],
	from: number,
	to: number,
): number {
	return holes.reduce((sum, hole) => sum + Math.max(0, Math.min(hole.to, to) - Math.max(hole.from, from)), 0);
}

/**
 * The player's time (seconds) at which a wall time is shown, and whether it is really shown: a wall time in a hole, or
 * outside of all, gives the nearest place there is, at the later side of a hole. Undefined without spans.
 */
export function mediaAt(spans: MediaSpans, wall: number): { media: number; shown: boolean } | undefined {
	const index = lastBegun(spans, (one) => one.wall <= wall);
	const span = spans.at(Math.max(0, index));
	if (span === undefined) return undefined;
	if (index < 0) return { media: span.media, shown: false };
	const offset = (wall - span.wall) / 1000;
	const next = spans.at(index + 1);
	if (offset < span.length || (next !== undefined && next.wall - wall <= JOIN_MS))
		return { media: span.media + Math.min(offset, span.length), shown: true };
	return { media: next?.media ?? span.media + span.length, shown: false };
}

/** Pictures per second as a fraction, so that 30000/1001 does not drift: `[numerator, denominator]`. */
export type FrameRate = readonly [number, number];

/**
 * Where to seek so that the picture `steps` pictures after the one shown at `media` (seconds) is shown: into its middle,
 * so that neither rounding nor a segment that begins a little off the grid shows its neighbour.
 */
export function frameStep(media: number, steps: number, [numerator, denominator]: FrameRate): number {
	const frame = denominator / numerator;
	return media + (steps + 0.5) * frame;
}

/** The wall time, in whole milliseconds, that names a picture: it is the one that the cutter takes for it too. */
export function pictureTime(wall: number): number {
	return Math.round(wall);
}
