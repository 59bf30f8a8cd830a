import './work-bar.css';
import type { WorkUnderWay } from './event-row.ts';
import { duration } from './shown-values.ts';

/** How far the work on an event is, how fast, and how long it takes yet. */
export function WorkBar({ work }: { work: WorkUnderWay }) {
	const { stage, percent, speed, seconds_left } = work;
	if (percent === undefined) return <span class="quiet">begins…</span>;
	const words = [
		stage,
		`${Math.floor(percent)} %`,
		speed !== undefined && `${speed < 10 ? speed.toFixed(1) : Math.round(speed)}×`,
		seconds_left !== undefined && `${duration(seconds_left)} left`,
	].filter(Boolean);
	return (
		<span class="work-bar" title={words.join(', ')}>
			<progress max={100} value={percent} aria-label={`${stage ?? 'at work'} on ${work.node}`} />
			<span class="times">{words.slice(1).join(' · ')}</span>
		</span>
	);
}
