import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../look/theme.ts';

interface ChartProps {
	title: string;
	/** What the picture says, as a sentence. */
	summary: string;
	/** When each stretch begins, in seconds since the epoch. */
	times: readonly number[];
	/** How long each stretch is, in seconds. */
	step: number;
	/** `colour`: a custom property of the look. */
	lines: readonly { name: string; colour: string; values: readonly number[] }[];
	bars?: boolean;
}

const HEIGHT = 190;

/** One chart over time. */
export function Chart({ title, summary, times, step, lines, bars }: ChartProps) {
	const place = useRef<HTMLDivElement>(null);
	const shownTheme = theme.value;
	useEffect(() => {
		const element = place.current;
		if (element === null) return;
		const style = getComputedStyle(element);
		const colour = (name: string) => resolved(element, name);
		const axis = {
			stroke: colour('--text-quiet'),
			grid: { stroke: colour('--line'), width: 1 },
			ticks: { show: false },
		};
		const font = `12px ${style.fontFamily}`;
		const plot = new uPlot(
			{
				width: element.clientWidth,
				height: HEIGHT,
				// The pages know one time zone.
				tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
				scales: {
					x: { range: (_, first, last) => [first, last + (bars ? step : 0)] },
					y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.1))] },
				},
				axes: [
					{
						...axis,
						font,
						grid: { show: false },
						space: 60,
						values: (_, splits) => splits.map((time, place) => axisLabel(time, splits[place - 1])),
					},
					{ ...axis, font, size: 46, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
				],
				series: [
					{ label: 'From', value: '{YYYY}-{MM}-{DD} {HH}:{mm} UTC' },
					...lines.map(({ name, colour: property }) => ({
						label: name,
						stroke: colour(property),
						fill: `color-mix(in srgb, ${colour(property)} 18%, transparent)`,
						width: bars ? 1 : 1.5,
						points: { show: false },
						...(bars && { paths: uPlot.paths.bars!({ size: [0.8, 60], align: 1 }) }),
					})),
				],
				legend: { live: true },
				cursor: { drag: { x: false, y: false }, points: { size: 6 } },
			},
			[[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData,
			element,
		);
		const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
		sizes.observe(element);
		return () => {
			sizes.disconnect();
			plot.destroy();
		};
	}, [times, lines, bars, step, shownTheme]);
	return (
		<figure class="card chart" aria-label={`${title}. ${summary}`}>
			<figcaption class="row apart">
				<h2>{title}</h2>
				<span class="quiet">{summary}</span>
			</figcaption>
			<div ref={place} />
		</figure>
	);
}

/** `14:00`, with the day below it where a day begins; `05-01` where only days are told. */
function axisLabel(seconds: number, before: number | undefined): string {
	const at = new Date(seconds * 1000).toISOString();
	const [day, clock] = [at.slice(5, 10), at.slice(11, 16)];
	if (before === undefined || new Date(before * 1000).toISOString().slice(5, 10) !== day)
		return clock === '00:00' && before !== undefined && seconds - before >= 86_400 ? day : `${clock}\n${day}`;
	return clock;
}

/** The colour that a custom property stands for in this theme: a canvas knows no properties. */
function resolved(element: HTMLElement, property: string): string {
	const probe = document.createElement('i');
	probe.style.color = `var(${property})`;
	element.append(probe);
	const { color } = getComputedStyle(probe);
	probe.remove();
	return color;
}
