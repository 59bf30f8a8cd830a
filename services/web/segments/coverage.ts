import type { BestSequence } from '../../../cutter/segments/best-sequence.ts';

/** How much of a range one quality covers. Ticks. */
export interface QualityCoverage {
	quality: string;
	segments: number;
	/** Of the range, without the holes. */
	covered: number;
	/** In order; one of no length says that the segment before it may end early. */
	holes: readonly { start: number; end: number }[];
	/** Where the whole store of the quality begins and ends, whatever the range. */
	extent: { start: number; end: number } | undefined;
}

/** What a sequence over [start, end) covers. */
export function coverageOf(
	quality: string,
	{ segments, holes }: BestSequence,
	range: { start: number; end: number },
	extent: QualityCoverage['extent'],
): QualityCoverage {
	const missing = holes.reduce((sum, hole) => sum + hole.end - hole.start, 0);
	return { quality, segments: segments.length, covered: range.end - range.start - missing, holes, extent };
}

const WIDTH = 1200;
const ROW = 28;
const MARGIN = { left: 150, top: 8, bottom: 26 };
const BAR = 18;

/** Holes are drawn at least this wide, so that one of two seconds in a day is seen. */
const LEAST_WIDTH = 1.5;

/**
 * The coverage as a picture: a bar for each quality, its holes in red and with their times as titles, and a line where the
 * recording ends. Colours are of a medium lightness: they stand out from white and from black.
 */
export function drawCoverage(
	channel: string,
	{ start, end }: { start: number; end: number },
	qualities: readonly QualityCoverage[],
	isoTime: (ticks: number) => string,
): string {
	const width = WIDTH - MARGIN.left - 10;
	const x = (ticks: number) =>
		MARGIN.left + (width * (Math.min(end, Math.max(start, ticks)) - start)) / (end - start);
	const height = MARGIN.top + qualities.length * ROW + MARGIN.bottom;
	const title = `Coverage of ${channel}, ${isoTime(start)} to ${isoTime(end)}`;
	const rows = qualities.map((one, row) => drawRow(one, MARGIN.top + row * ROW, x, isoTime));
	const axis = [start, (start + end) / 2, end].map((ticks, n) => {
		const anchor = ['start', 'middle', 'end'][n]!;
		const label = `${isoTime(ticks).slice(0, 19)}Z`;
		return `<text x="${round(x(ticks))}" y="${height - 8}" font-size="12" text-anchor="${anchor}" fill="#808080">${label}</text>`;
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" role="img">`,
		`<title>${escapeXml(title)}</title>`,
		...rows,
		...axis,
		'</svg>\n',
	].join('\n');
}

function drawRow(
	{ quality, covered, holes, extent }: QualityCoverage,
	y: number,
	x: (ticks: number) => number,
	isoTime: (ticks: number) => string,
): string {
	const bar = (from: number, to: number, colour: string, title: string) => {
		const left = x(from);
		const width = Math.max(LEAST_WIDTH, x(to) - left);
		return `<rect x="${round(left)}" y="${y}" width="${round(width)}" height="${BAR}" fill="${colour}"><title>${escapeXml(title)}</title></rect>`;
	};
	const parts = [
		`<text x="${MARGIN.left - 8}" y="${y + 14}" font-size="14" text-anchor="end" fill="#808080">${escapeXml(quality)}</text>`,
	];
	const all = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
	if (covered > 0) parts.push(bar(all.start, all.end, '#2e9e5b', `${quality}: recorded`));
	for (const { start, end } of holes) {
		const title =
			start === end
				? `${quality}: the segment before ${isoTime(start)} is incomplete`
				: `${quality}: nothing from ${isoTime(start)} to ${isoTime(end)}`;
		parts.push(bar(start, end, '#d64545', title));
	}
	const edge = extent && x(extent.end);
	if (edge !== undefined && edge > MARGIN.left)
		parts.push(
			`<rect x="${round(edge - 1)}" y="${y - 3}" width="2" height="${BAR + 6}" fill="#3b82f6"><title>${escapeXml(`${quality}: the recording ends at ${isoTime(extent!.end)}`)}</title></rect>`,
		);
	return parts.join('\n');
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
	const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
	return text
		.toWellFormed()
		.replaceAll(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
		.replaceAll(/[&<>"]/g, (character) => names[character]!);
}
