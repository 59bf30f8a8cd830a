import test from 'ava';
import { svgPlot, textPlot } from './plot.ts';
import { judge, type Series } from './trend.ts';

const MINUTES = 60;
const END = 60 * MINUTES;
const WARM = 20 * MINUTES;

/** An hour of a process, one value every six seconds. */
function hour(measure: Series['measure'], value: (seconds: number) => number): Series {
	const times = Array.from({ length: END / 6 }, (_, n) => 6 * n);
	return { process: 'cutter-1', measure, points: times.map((seconds) => [seconds, value(seconds)]) };
}

/** Between 0 and 60 MiB more, falling back every five minutes: memory between collections. */
const saw = (seconds: number) => 120 + (seconds % 300) / 5;

test('memory that rises and falls between collections does not grow, whatever it did while it warmed up', (t) => {
	const warming = hour('memory', (seconds) => saw(seconds) + Math.min(seconds, WARM) / 10);
	t.is(judge(warming, WARM, END).problem, undefined);
});

test('a leak below the saw of collections is found, and the sentence names the process', (t) => {
	const leaking = hour('memory', (seconds) => saw(seconds) + seconds / 60);
	t.regex(
		judge(leaking, WARM, END).problem!,
		/^cutter-1 grows: its memory by (39|40|41) MiB in 2400 s \(from \d+ MiB to \d+ MiB\), and 32 MiB are allowed\.$/,
	);
});

test('one descriptor kept per request is found in a minute already', (t) => {
	const keeping = hour('descriptors', (seconds) => 30 + Math.floor(seconds));
	t.regex(judge(keeping, 15, 60).problem!, /^cutter-1 grows: its descriptors by 4\d in 45 s/);
});

test('a moment of much work is no growth', (t) => {
	const busy = hour('descriptors', (seconds) => (seconds > 3000 && seconds < 3100 ? 400 : 30));
	t.is(judge(busy, WARM, END).growth, 0);
});

test('the plots name every process, and mark the one that grows', (t) => {
	const flat = judge(
		hour('heap', () => 40),
		WARM,
		END,
	);
	const growing = judge(
		hour('heap', (seconds) => seconds / 60),
		WARM,
		END,
	);
	const text = textPlot([flat, { ...growing, series: { ...growing.series, process: 'web' } }], WARM, END);
	t.regex(text, /^cutter-1 █+\|█+ +40\.0 +40\.0 +40\.0 +0\.0$/m);
	t.regex(text, /^web +▁+.*█+ .* GROWS$/m);
	const svg = svgPlot([flat, growing], WARM, END, 'An hour');
	t.is(svg.match(/<polyline/g)?.length, 2);
});
