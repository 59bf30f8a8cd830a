import './coverage.css';
import { duration } from '../operator/shown-values.ts';
import { holesBetween, type Stretch, total, within } from './coverage.ts';

interface CoverageBarProps {
	label: string;
	held: readonly Stretch[];
	/** What the bar is of, in milliseconds. */
	start: number;
	end: number;
}

/** The finest that is drawn: a thousandth of the bar, so that a hole of seconds in a week is still seen. */
const LEAST = 1;
const WIDTH = 1000;

/** What is held of a span of time, with its holes. */
export function CoverageBar({ label, held, start, end }: CoverageBarProps) {
	const parts = within(held, start, end);
	const holes = holesBetween(parts);
	const x = (time: number) => ((time - start) / (end - start)) * WIDTH;
	const missing = total(holes) / 1000;
	const words = `${label}: ${duration(total(parts) / 1000)} recorded${
		holes.length > 0 ? `, ${holes.length} holes of ${duration(missing)} together` : ', no holes'
	}`;
	return (
		<svg
			class="coverage"
			viewBox={`0 0 ${WIDTH} 16`}
			preserveAspectRatio="none"
			role="img"
			aria-label={words}
		>
			<title>{words}</title>
			<rect class="nothing" x="0" y="0" width={WIDTH} height="16" />
			{parts.map((part) => (
				<rect
					key={part.start}
					class="held"
					x={x(part.start)}
					y="0"
					width={Math.max(LEAST, x(part.end) - x(part.start))}
					height="16"
				/>
			))}
			{holes.map((hole) => (
				<rect
					key={hole.start}
					class="hole"
					x={x(hole.start)}
					y="0"
					width={Math.max(LEAST, x(hole.end) - x(hole.start))}
					height="16"
				>
					<title>{`Nothing for ${duration((hole.end - hole.start) / 1000)} from ${new Date(hole.start).toISOString().slice(0, 19).replace('T', ' ')} UTC`}</title>
				</rect>
			))}
		</svg>
	);
}
