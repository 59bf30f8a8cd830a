import 'uplot/dist/uPlot.min.css';
import './charts.css';
import { effect, signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { counted } from '../operator/shown-values.ts';
import { Shell, showPage } from '../shell/shell.tsx';
import { Chart } from './chart.tsx';

type Charts = paths['/api/charts']['get']['responses'][200]['content']['application/json'];

const SPANS = [
	{ name: '24 hours', days: 1 },
	{ name: '3 days', days: 3 },
	{ name: '7 days', days: 7 },
	{ name: '30 days', days: 30 },
	{ name: '1 year', days: 365 },
] as const;

const days = signal(Number(new URLSearchParams(location.search).get('days')) || 1);
const charts = signal<Charts | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

const LOOK_EVERY_MS = 30_000;

async function look(): Promise<void> {
	const wanted = SPANS.find((span) => span.days === days.peek())?.days ?? 1;
	const end = new Date();
	const start = new Date(end.getTime() - wanted * 86_400_000);
	const query = { start: start.toISOString(), end: end.toISOString() };
	try {
		const answer = await answerOf(api.GET('/api/charts', { params: { query } }));
		// Somebody may have chosen another span meanwhile.
		if (wanted === days.peek()) charts.value = answer;
		problem.value = undefined;
	} catch (error) {
		problem.value = error instanceof Error ? error.message : String(error);
	}
}

effect(() => {
	const query = days.value === 1 ? '' : `?days=${days.value}`;
	if (query !== location.search) history.replaceState(null, '', location.pathname + query);
	void look();
});
setInterval(() => void look(), LOOK_EVERY_MS);

function ChartsPage() {
	const told = charts.value;
	return (
		<Shell title="Charts">
			<div class="charts-page stack">
				<div class="row apart">
					<h1>Charts</h1>
					<fieldset class="row tight spans">
						<legend class="unseen">How far back</legend>
						{SPANS.map(({ name, days: length }) => (
							<button
								key={name}
								type="button"
								class="button small"
								aria-pressed={days.value === length}
								onClick={() => {
									days.value = length;
								}}
							>
								{name}
							</button>
						))}
					</fieldset>
				</div>
				{problem.value !== undefined && (
					<p class="notice bad" role="alert">
						{problem.value} It is tried again.
					</p>
				)}
				{told !== undefined && <All told={told} />}
			</div>
		</Shell>
	);
}

function All({ told: { steps, step_seconds } }: { told: Charts }) {
	const unit = step_seconds === 3_600 ? 'hour' : 'day';
	const times = steps.map(({ start }) => Date.parse(start) / 1000);
	const sum = (key: 'uploaded' | 'minutes' | 'retried' | 'failed') =>
		steps.reduce((total, step) => total + step[key], 0);
	const waiting = steps.at(-1)?.waiting ?? 0;
	return (
		<>
			<Chart
				title={`Videos uploaded per ${unit}`}
				summary={`${counted(sum('uploaded'), 'video')} in this time.`}
				times={times}
				step={step_seconds}
				lines={[{ name: 'Videos', colour: '--good', values: steps.map(({ uploaded }) => uploaded) }]}
				bars
			/>
			<Chart
				title={`Minutes of video per ${unit}`}
				summary={`${counted(Math.round(sum('minutes')), 'minute')} in this time.`}
				times={times}
				step={step_seconds}
				lines={[
					{ name: 'Minutes', colour: '--accent', values: steps.map(({ minutes }) => Math.round(minutes)) },
				]}
				bars
			/>
			<Chart
				title="Queue"
				summary={`${counted(waiting, 'event')} waiting now.`}
				times={times}
				step={step_seconds}
				lines={[{ name: 'Waiting', colour: '--state-claimed', values: steps.map((step) => step.waiting) }]}
			/>
			<Chart
				title={`Errors per ${unit}`}
				summary={`${counted(sum('failed'), 'event')} failed; ${counted(sum('retried'), 'attempt')} went back to the queue.`}
				times={times}
				step={step_seconds}
				lines={[
					{ name: 'Failed', colour: '--bad', values: steps.map(({ failed }) => failed) },
					{ name: 'Tried again', colour: '--warn', values: steps.map(({ retried }) => retried) },
				]}
			/>
		</>
	);
}

void showPage(<ChartsPage />);
