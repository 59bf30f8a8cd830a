import type { EditRange } from './edit.ts';

/**
 * One range as it stands in the finished video: it plays from `from` to `to` (wall time) at `at` milliseconds into the
 * video. A transition shows both ranges for its length; on this line one gives way to the other in its middle, so that
 * the pieces are as long as the video.
 */
export interface OutputPiece {
	readonly key: number;
	readonly from: number;
	readonly to: number;
	readonly at: number;
}

/** The pieces of the finished video, in playing order. Ranges without a length are left out, and their transitions. */
export function outputPieces(ranges: readonly EditRange[]): OutputPiece[] {
	const whole = ranges.filter(({ start, end }) => start !== null && end !== null && start < end);
	const pieces: OutputPiece[] = [];
	let at = 0;
	for (const [index, { key, start, end }] of whole.entries()) {
		const half = (number: number) =>
			number === 0 || number >= whole.length ? 0 : ((whole[number]!.join?.seconds ?? 0) * 1000) / 2;
		const from = start! + half(index);
		const to = Math.max(from, end! - half(index + 1));
		pieces.push({ key, from, to, at });
		at += to - from;
	}
	return pieces;
}

/** How long the finished video is, in milliseconds. */
export function outputLength(ranges: readonly EditRange[]): number {
	const last = outputPieces(ranges).at(-1);
	return last === undefined ? 0 : last.at + last.to - last.from;
}

/** Where a wall time stands in the finished video (milliseconds), the first time it is shown; undefined if never. */
export function outputTime(ranges: readonly EditRange[], wall: number): number | undefined {
	const piece = outputPieces(ranges).find(({ from, to }) => wall >= from && wall < to);
	return piece && piece.at + wall - piece.from;
}

/** What a player that plays the result does next. */
export type ResultStep =
	| { readonly do: 'play'; readonly piece: number }
	/** Go on at `to`, in the next piece. */
	| { readonly do: 'jump'; readonly piece: number; readonly to: number }
	| { readonly do: 'stop' };

/** Where playing the result begins: at `wall` if that is shown, else at the next piece in playing order, else at the first. */
export function beginResult(pieces: readonly OutputPiece[], wall: number): ResultStep {
	const inside = pieces.findIndex(({ from, to }) => wall >= from && wall < to);
	if (inside !== -1) return { do: 'play', piece: inside };
	const next = pieces.findIndex(({ from }) => from > wall);
	const piece = Math.max(0, next);
	const target = pieces[piece];
	return target === undefined ? { do: 'stop' } : { do: 'jump', piece, to: target.from };
}

/**
 * What to do while piece number `piece` plays and `wall` is shown. `ahead`: how long until the next look, so that nothing
 * behind the piece's end is shown (milliseconds).
 */
export function nextInResult(
	pieces: readonly OutputPiece[],
	piece: number,
	wall: number,
	ahead: number,
): ResultStep {
	const current = pieces[piece];
	if (current === undefined) return { do: 'stop' };
	if (wall + ahead < current.to) return { do: 'play', piece };
	const next = pieces[piece + 1];
	if (next === undefined) return wall < current.to ? { do: 'play', piece } : { do: 'stop' };
	// Ranges that touch play on without a jump.
	if (Math.abs(next.from - current.to) < 1)
		return { do: 'play', piece: wall < current.to ? piece : piece + 1 };
	return { do: 'jump', piece: piece + 1, to: next.from };
}
