import { type Command, InvalidArgumentError } from 'commander';
import { type Transition, transitionsProblem } from '../../cutter/cut/plan/transition-plan.ts';
import { XFADE_KINDS } from '../../cutter/cut/plan/xfade-kinds.ts';
import { type Config, ENVIRONMENT_HELP, loadConfig } from '../config.ts';
import { UsageError } from '../exit-codes.ts';

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/;

/** Reads a time of the command line: ISO 8601, to the millisecond; without a zone it is UTC. */
export function parseTime(text: string): Date {
	const match = TIME.exec(text);
	const date = match && new Date(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`);
	if (!date || Number.isNaN(date.getTime())) {
		throw new InvalidArgumentError('A time is written like 2026-05-01T12:00:00.000Z (UTC).');
	}
	// A Date takes February 30 for March 2.
	if (new Date(`${match[1]}T00:00Z`).toISOString().slice(0, 10) !== match[1]) {
		throw new InvalidArgumentError(`There is no day ${match[1]}.`);
	}
	return date;
}

/** A stretch of time, [start, end). */
export interface TimeRange {
	start: Date;
	end: Date;
}

/** Reads `START,END`, and adds it to those before: an option that may be given several times. */
export function collectRange(text: string, before: TimeRange[] = []): TimeRange[] {
	const [start, end, ...rest] = text.split(',');
	if (start === undefined || end === undefined || rest.length > 0) {
		throw new InvalidArgumentError('A range is two times with a comma between them: START,END.');
	}
	return [...before, { start: parseTime(start), end: parseTime(end) }];
}

/** Reads `KIND:SECONDS` or `none`, and adds it to those before: an option that may be given several times. */
export function collectTransition(text: string, before: Transition[] = []): Transition[] {
	if (text === 'none') return [...before, null];
	const match = /^([a-z]+):(\d+(?:\.\d+)?)$/.exec(text);
	if (match === null) {
		throw new InvalidArgumentError('A transition is KIND:SECONDS, such as fade:1, or none for a hard cut.');
	}
	return [...before, { kind: match[1]!, seconds: Number(match[2]) }];
}

/** Options that name one or several stretches of time. */
export interface RangeOptions {
	start?: Date;
	end?: Date;
	range?: TimeRange[];
	transition?: Transition[];
}

/** Gives a command the options of `RangeOptions`. One without arguments of its own takes several ranges after --range. */
export function withRanges(command: Command): Command {
	const several = command.registeredArguments.length === 0 ? '...' : '';
	return command
		.option('--start <time>', 'where it begins, e.g. 2026-05-01T12:00:00.000Z (UTC)', parseTime)
		.option('--end <time>', 'where it ends: the first picture that is not shown', parseTime)
		.option(
			`--range <start,end${several}>`,
			'one range; may be given several times, in playing order',
			collectRange,
		)
		.option(
			`--transition <kind:seconds${several}>`,
			'how a range is joined to the next: fade:1 cross-fades a second of both, none cuts hard; as many as joins',
			collectTransition,
		)
		.addHelpText(
			'after',
			`\nKinds of transitions (those of ffmpeg's xfade): ${[...XFADE_KINDS].join(', ')}.`,
		);
}

/** The ranges that were typed: --start and --end, then each --range. At least one, each of some length. */
export function chosenRanges({ start, end, range = [] }: RangeOptions): TimeRange[] {
	if ((start === undefined) !== (end === undefined))
		throw new UsageError('--start and --end belong together.');
	const ranges = start && end ? [{ start, end }, ...range] : range;
	if (ranges.length === 0) throw new UsageError('Say what to cut, with --start and --end or with --range.');
	for (const one of ranges) {
		if (one.start >= one.end) {
			const [from, to] = [one.start.toISOString(), one.end.toISOString()];
			throw new UsageError(`The range from ${from} to ${to} is empty: its start must be before its end.`);
		}
	}
	return ranges;
}

/** The transitions that were typed, held against the ranges; undefined when there are none: all joins are hard cuts. */
export function chosenTransitions(
	{ transition }: RangeOptions,
	ranges: readonly TimeRange[],
): Transition[] | undefined {
	if (transition === undefined) return undefined;
	const lengths = ranges.map(({ start, end }) => (end.getTime() - start.getTime()) * 90);
	const problem = transitionsProblem(lengths, transition);
	if (problem !== undefined) throw new UsageError(problem);
	return transition;
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
			throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
		}
		return value;
	};
}

/** Gives a command the option --config, and help about the environment. */
export function withConfig(command: Command): Command {
	return command
		.option('-c, --config <file>', 'the configuration file (YAML)')
		.addHelpText('after', ENVIRONMENT_HELP);
}

/** Options that name a place in the segment store; what is not given, the configuration says. */
export interface StoreOptions {
	config?: string;
	segments?: string;
	channel?: string;
	quality?: string;
}

/** Gives a command the options of `StoreOptions`. */
export function withStore(command: Command): Command {
	return withConfig(command)
		.option('--segments <folder>', 'the folder of the segment store')
		.option('--channel <name>', 'the channel in it')
		.option('--quality <name>', 'the quality of that channel');
}

/** The segment store that options and configuration name. With all three options no configuration is read. */
export async function chosenStore(options: StoreOptions): Promise<Config['cutter']['segments']> {
	const { segments: base, channel, quality } = options;
	if (base !== undefined && channel !== undefined && quality !== undefined) return { base, channel, quality };
	return storeOf(options, await loadConfig(options.config));
}

/** The segment store that options name, else the configuration. */
export function storeOf(options: StoreOptions, { cutter }: Config): Config['cutter']['segments'] {
	const { segments: base, channel, quality } = options;
	const configured = cutter.segments;
	return {
		base: base ?? configured.base,
		channel: channel ?? configured.channel,
		quality: quality ?? configured.quality,
	};
}
