/** What was measured, drawn: as lines of text for a terminal, and as an SVG. Pure. */
import { boundOf, MEASURES, type Measure, type Series, type Trend } from './trend.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';
/** Columns of a plot in the terminal. */
const WIDTH = 60;

/** One line per series, from 0 up to its highest value, with its figures; a `|` where the judged part begins. */
export function textPlot(trends: readonly Trend[], from: number, to: number): string {
	const name = Math.max(...trends.map(({ series }) => series.process.length));
	const lines: string[] = [];
	for (const measure of Object.keys(MEASURES) as Measure[]) {
		const { unit } = MEASURES[measure];
		const bound = boundOf(measure, to - from);
		const of = trends.filter(({ series }) => series.measure === measure);
		if (of.length === 0) continue;
		const limit = bound === undefined ? '' : `, may grow by ${bound}`;
		lines.push(
			'',
			`${measure}${unit && ` (${unit})`}${limit}`.padEnd(name + WIDTH + 3) +
				'  least  median    most  growth',
		);
		for (const { series, least, median, most, growth, problem } of of) {
			const figures = [least, median, most, growth].map((value) => value.toFixed(1).padStart(7)).join(' ');
			const verdict = problem === undefined ? '' : '  GROWS';
			lines.push(`${series.process.padEnd(name)} ${sparkline(series, from, to)} ${figures}${verdict}`);
		}
	}
	return lines.join('\n');
}

function sparkline({ points }: Series, from: number, to: number): string {
	const top = Math.max(...points.map(([, value]) => value), Number.MIN_VALUE);
	const column = to / WIDTH;
	let line = '';
	let block = ' ';
	for (let begin = 0, n = 0; n < WIDTH; n++, begin += column) {
		if (from > begin && from <= begin + column) line += '|';
		const values = points.flatMap(([seconds, value]) =>
			seconds >= begin && seconds < begin + column ? [value] : [],
		);
		const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
		// Where a column is narrower than the time between two values, the one before goes on.
		if (values.length > 0) block = BLOCKS[Math.min(7, Math.floor((mean / top) * 8))]!;
		line += block;
	}
	return line.padEnd(WIDTH + 1);
}

const PANEL = { width: 860, height: 150, left: 70, gap: 40, legend: 190 };
/** Okabe and Ito's colours, which also those tell apart who see fewer. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c564b'];

/** One panel per measure with a line per process; what comes before the judged part is shaded. */
export function svgPlot(trends: readonly Trend[], from: number, to: number, title: string): string {
	const measures = (Object.keys(MEASURES) as Measure[]).filter((measure) =>
		trends.some(({ series }) => series.measure === measure),
	);
	const height = 40 + measures.length * (PANEL.height + PANEL.gap);
	const width = PANEL.left + PANEL.width + PANEL.legend;
	const panels = measures.map((measure, index) => {
		const y = 40 + index * (PANEL.height + PANEL.gap);
		return panel(
			trends.filter(({ series }) => series.measure === measure),
			measure,
			{ y, from, to },
		);
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		`<text x="${PANEL.left}" y="20" font-size="14">${title}</text>`,
		...panels,
		'</svg>\n',
	].join('\n');
}

function panel(
	trends: readonly Trend[],
	measure: Measure,
	{ y, from, to }: { y: number; from: number; to: number },
): string {
	const { unit } = MEASURES[measure];
	const { width, height, left } = PANEL;
	const end = Math.max(to, ...trends.flatMap(({ series }) => series.points.map(([seconds]) => seconds)));
	const top = Math.max(...trends.flatMap(({ series }) => series.points.map(([, value]) => value)), 1e-9);
	const x = (seconds: number) => (left + (seconds / end) * width).toFixed(1);
	const down = (value: number) => (y + height - (value / top) * height).toFixed(1);
	const lines = trends.map(({ series, growth, problem }, index) => {
		const colour = COLOURS[index % COLOURS.length];
		const points = series.points.map(([seconds, value]) => `${x(seconds)},${down(value)}`).join(' ');
		const words = `${series.process} ${growth >= 0 ? '+' : '−'}${Math.abs(growth).toFixed(1)}`;
		const weight = problem === undefined ? '' : ' font-weight="bold"';
		return (
			`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.2"/>` +
			`<text x="${left + width + 10}" y="${y + 12 + index * 15}" fill="${colour}"${weight}>${words}</text>`
		);
	});
	const label = (text: string, at: string | number, row: number, anchor = 'end') =>
		`<text x="${at}" y="${row}" text-anchor="${anchor}" fill="#555">${text}</text>`;
	return [
		`<rect x="${left}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#bbb"/>`,
		`<rect x="${left}" y="${y}" width="${((from / end) * width).toFixed(1)}" height="${height}" fill="#eee"/>`,
		`<text x="${left}" y="${y - 5}">${measure}${unit && ` (${unit})`}</text>`,
		label(top.toFixed(top < 10 ? 1 : 0), left - 5, y + 10),
		label('0', left - 5, y + height),
		label(`${(end / 60).toFixed(1)} min`, left + width, y + height + 14),
		...lines,
	].join('\n');
}
