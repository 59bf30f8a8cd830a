import './work-bar.css';
import type { WorkUnderWay } from './event-row.ts';
import { bytes, duration } from './shown-values.ts';

/** What is done with an event, how far that is, how fast, and how long it takes yet. */
export function WorkBar({ work }: { work: WorkUnderWay }) {
	const { stage = 'at work', percent, stands_still } = work;
	// How fast it was says nothing of work that stands still.
	const { speed, bytes_per_second, seconds_left } = stands_still === undefined ? work : {};
	if (percent === undefined) return <span class="quiet">{work.stage ?? 'begins'}…</span>;
	const far = `${Math.floor(percent)} %`;
	const times = speed !== undefined && `${speed < 10 ? speed.toFixed(1) : Math.round(speed)}×`;
	const rate = bytes_per_second !== undefined && `${bytes(bytes_per_second)}/s`;
	const left =
		stands_still !== undefined
			? 'stands still'
			: seconds_left !== undefined && `${duration(seconds_left)} left`;
	// Cutting is what most of the time goes into. Beside the name of another stage the list has no room for its pace.
	const isCut = stage === 'cutting';
	const words = isCut ? [far, times, left] : [`${stage} ${far}`, left];
	const pace = !isCut && (times || rate);
	const all = [stage, far, times, rate, left].filter(Boolean).join(', ');
	return (
		<span class="work-bar" title={all}>
			<progress max={100} value={percent} aria-label={`${stage} on ${work.node}`} />
			<span class="times">
				{words.filter(Boolean).join(' · ')}
				{pace && <span class="pace"> · {pace}</span>}
			</span>
		</span>
	);
}
