import { open, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { SegmentStore } from '../segments/store.ts';
import { dateFromTicks, ticksFromDate } from '../segments/ticks.ts';
import { type CutReport, reportOf } from './cut-report.ts';
import { DEFAULT_FULL_ARGUMENTS, type FullPart, fullCut } from './full.ts';
import { unknownSound } from './mpegts/tables.ts';
import { blendRuns } from './plan/blend-runs.ts';
import { sameParameters } from './plan/parameters.ts';
import { type PlannedBlend, planBlend, SoundError, surveyBlended } from './plan/planned-blend.ts';
import type { PlannedRun } from './plan/planned-run.ts';
import {
	findRuns,
	type PlannedSource,
	planRuns,
	type RunToPlan,
	type Search,
	type TickRange,
} from './plan/prepare.ts';
import { copiesNothing, spanOf, splitRun } from './plan/reencode.ts';
import { SEARCH_LIMIT } from './plan/survey.ts';
import { type Transition, TransitionError, transitionsProblem } from './plan/transition-plan.ts';
import { smartCut } from './smart.ts';
import { describeFormat, formatOf, sameFormat } from './source/picture-format.ts';
import { DamagedSegmentError } from './source/read-run.ts';
import { soundChanges } from './source/stream-format.ts';
import { ChangedSoundError, ChangedStreamError } from './write/assemble.ts';
import { noteSilences } from './write/note-silences.ts';
import type { Sink } from './write/output-stream.ts';

export type { CutReport } from './cut-report.ts';
export { HoleError } from './plan/holes.ts';
export { type Transition, TransitionError } from './plan/transition-plan.ts';
export { SegmentError } from './source/segment-file.ts';

/** What to cut. */
export interface CutRequest {
	store: SegmentStore;
	/** In playing order, each [start, end) in wall time. */
	ranges: readonly { start: Date; end: Date }[];
	/** How each range is joined to the next: one for each join; absent = hard cuts. */
	transitions?: readonly Transition[] | undefined;
	/** Whether missing segments are left out; otherwise they are an error. */
	allowHoles: boolean;
	/** `smart` re-encodes only what cannot be copied; `full` re-encodes everything. */
	mode: 'smart' | 'full';
	/** ffmpeg's encoding arguments for `full`; by default H.264 and AAC. */
	fullArguments?: string[];
}

/** What to cut with. */
export interface CutTools {
	ffmpeg: string;
	ffprobe: string;
	log: Logger;
	/** Ends the cut at once: ffmpeg is killed, and `cut` rejects with the signal's reason. */
	signal?: AbortSignal;
	/** The part that is done, 0 to 1. */
	onProgress?: (fraction: number) => void;
}

/**
 * Cuts the ranges out of the segments into one MPEG-TS file, exactly: the first picture of a range is the first at or
 * after its start, the last one the last before its end. Where a transition joins two ranges, they overlap by its length.
 *
 * @throws TransitionError when transitions do not fit the ranges, or are of no kind that there is.
 * @throws HoleError when video is missing and holes are not allowed, or when a range has none.
 * @throws SegmentError when a segment is damaged so that no way leads around it.
 * @throws FfmpegError when ffmpeg fails. In all cases no file is left.
 */
export async function cut(request: CutRequest, outputPath: string, tools: CutTools): Promise<CutReport> {
	const ranges = request.ranges.map(({ start, end }) => ({
		start: ticksFromDate(start),
		end: ticksFromDate(end),
	}));
	if (ranges.length === 0) throw new RangeError('There is no range to cut.');
	for (const { start, end } of ranges)
		if (!(start < end)) throw new RangeError('A range to cut must end after it begins.');
	const { transitions = ranges.slice(1).map(() => null) } = request;
	const problem = transitionsProblem(
		ranges.map(({ start, end }) => end - start),
		transitions,
	);
	if (problem !== undefined) throw new TransitionError(problem);
	try {
		return await new Cut(request, ranges, outputPath, tools).make();
	} catch (error) {
		await rm(outputPath, { force: true });
		throw error;
	}
}

class Cut {
	readonly #request: CutRequest;
	readonly #ranges: readonly TickRange[];
	readonly #output: string;
	readonly #tools: CutTools;
	#notes: string[] = [];
	/** Those that say that a part was re-encoded. */
	readonly #ofParts = new Set<string>();
	readonly #search: Search;

	constructor(request: CutRequest, ranges: readonly TickRange[], output: string, tools: CutTools) {
		this.#request = request;
		this.#ranges = ranges;
		this.#output = output;
		this.#tools = tools;
		this.#search = {
			store: request.store,
			allowHoles: request.allowHoles,
			note: (sentence) => this.#note(sentence),
		};
	}

	async make(): Promise<CutReport> {
		const { transitions = [] } = this.#request;
		const found = await findRuns(this.#ranges, this.#search);
		const runs = await blendRuns(found, transitions, (sentence) => this.#note(sentence));
		if (this.#request.mode === 'full') return await this.#full(runs);
		return await this.#smart(runs);
	}

	#note(sentence: string): void {
		if (this.#notes.includes(sentence)) return;
		this.#notes.push(sentence);
		this.#tools.log.warn(sentence);
	}

	#notePart(sentence: string): void {
		this.#ofParts.add(sentence);
		this.#note(sentence);
	}

	/** Smart cut cannot make it. What was said of parts no longer matters. */
	async #fullInstead(runs: readonly RunToPlan[], sentence: string): Promise<CutReport> {
		this.#notes = this.#notes.filter((said) => !this.#ofParts.has(said));
		this.#note(sentence);
		return await this.#full(runs);
	}

	async #full(runs: readonly RunToPlan[]): Promise<CutReport> {
		const planned = await planRuns(
			runs.map((run) => ({ ...run, copy: false, times: 'ends' as const })),
			this.#ranges,
			this.#search,
		);
		this.#noteFitting(planned);
		this.#noteLeftOut(planned);
		const parts = await Promise.all(planned.map(fullPart));
		const silences = await this.#withSignal((signal) =>
			fullCut(parts, this.#output, this.#request.fullArguments ?? DEFAULT_FULL_ARGUMENTS, {
				ffmpeg: this.#tools.ffmpeg,
				signal,
				onProgress: this.#tools.onProgress ?? (() => {}),
			}),
		);
		const made = planned.map((one) => ({
			...one,
			pictures: one.plan.tail?.count ?? 0,
			duration: one.plan.endPts - one.plan.startPts,
		}));
		noteSilences(planned, silences, (sentence) => this.#note(sentence));
		return reportOf(this.#ranges.length, made, { modeUsed: 'full', notes: this.#notes });
	}

	#noteLeftOut(planned: readonly PlannedSource[]): void {
		const { video, leftOut } = planned[0]!.plan.sample.programme;
		const further = leftOut.filter((stream) => stream.streamType === video?.streamType).length;
		if (further > 0) this.#note(`Left out: ${further} further video streams beside the first.`);
		for (const kind of new Set(leftOut.map(unknownSound)))
			if (kind !== undefined) this.#note(`Left out: sound as ${kind}, which cannot be cut.`);
	}

	#noteFitting(planned: readonly PlannedSource[]): void {
		const first = planned[0]!.plan.sample;
		const odd = planned.find(({ plan }) => !sameFormat(plan.sample, first));
		const [own, wanted] = [odd && formatOf(odd.plan.sample), formatOf(first)];
		if (odd === undefined || own === undefined || wanted === undefined) return;
		const at = dateFromTicks(odd.plan.startWall).toISOString();
		this.#note(
			`What begins at ${at} was made to fit ${describeFormat(wanted)}: its pictures are ${describeFormat(own)}.`,
		);
	}

	/** Tries again, with more re-encoded, each time that something turns up on the way that cannot be copied. */
	async #smart(runs: readonly RunToPlan[]): Promise<CutReport> {
		const planned = await planRuns(runs, this.#ranges, this.#search);
		const { video } = planned[0]!.plan.sample.programme;
		this.#noteLeftOut(planned);
		const codec = video?.codec;
		if (codec === 'mpeg2') {
			const why = 'All of it was re-encoded: smart cut does not know MPEG-2 video.';
			return await this.#fullInstead(runs, why);
		}
		const first = planned[0]!.plan.sample;
		const other = planned.find(({ plan }) => soundChanges(first, plan.sample));
		if (other !== undefined) {
			return await this.#fullForSound(runs, other.plan.startWall);
		}
		const odd = planned.find(({ plan, source }) => source.copy && !sameParameters(first, plan.sample));
		if (odd !== undefined) {
			const at = dateFromTicks(odd.plan.startWall).toISOString();
			this.#notePart(
				`What begins at ${at} was re-encoded: its video has other parameters than what comes before.`,
			);
			return await this.#smart(runs.map((run) => (run === odd.source ? { ...run, copy: false } : run)));
		}
		if (planned.every(({ plan, source }) => source.blend !== undefined || copiesNothing(plan))) {
			const long = planned.find(({ plan }) => plan.endWall - plan.startWall > SEARCH_LIMIT);
			if (long !== undefined) {
				const why = `there is no keyframe that a copy could begin at ${spanOf(long.plan)}`;
				return await this.#fullInstead(runs, `All of it was re-encoded: ${why}.`);
			}
		}
		const plans = planned.map(({ plan }) => plan);
		const failed = { run: 0 };
		try {
			const blends = await this.#planBlends(planned);
			const written = await this.#withSignal((signal) => this.#writeSmart(plans, blends, signal, failed));
			const silences = written.map((run) => run.silences);
			noteSilences(planned, silences, (sentence) => this.#note(sentence));
			const made = planned.map((one, n) => ({ ...one, ...written[n]! }));
			return reportOf(this.#ranges.length, made, { modeUsed: 'smart', notes: this.#notes });
		} catch (error) {
			if (error instanceof SoundError)
				return await this.#fullInstead(runs, `All of it was re-encoded. ${error.message}`);
			if (error instanceof ChangedSoundError) return await this.#fullForSound(runs, error.wall);
			if (!(error instanceof ChangedStreamError || error instanceof DamagedSegmentError)) throw error;
			const source = planned[failed.run]!.source;
			const parts = splitRun(source, error.number, error instanceof DamagedSegmentError);
			// Without progress there would be no end.
			if (!source.copy || !parts.some((part) => !part.copy)) throw error;
			this.#notePart(`${error.message} That part was re-encoded.`);
			return await this.#smart(runs.flatMap((run) => (run === source ? parts : run)));
		}
	}

	async #fullForSound(runs: readonly RunToPlan[], wall: number): Promise<CutReport> {
		const at = dateFromTicks(wall).toISOString();
		const why = `from ${at} on the sound is of another kind than before`;
		return await this.#fullInstead(runs, `All of it was re-encoded: ${why}.`);
	}

	/** The blends by the number of their run. @throws SoundError when smart cut cannot make their sound. */
	async #planBlends(planned: readonly PlannedSource[]): Promise<Map<number, PlannedBlend>> {
		const blends = new Map<number, PlannedBlend>();
		for (const [n, { source }] of planned.entries())
			if (source.blend !== undefined) blends.set(n, await planBlend(planned, n, this.#tools.signal));
		return blends;
	}

	async #writeSmart(
		plans: readonly PlannedRun[],
		blends: ReadonlyMap<number, PlannedBlend>,
		signal: AbortSignal,
		failed: { run: number },
	) {
		await using file = await open(this.#output, 'w');
		const sink: Sink = async (chunks) => {
			let { bytesWritten: written } = await file.writev(chunks);
			if (written === chunks.reduce((sum, chunk) => sum + chunk.length, 0)) return;
			// A disk that fills up takes a part. Writing the rest says so, in the operating system's own words.
			const rest = Buffer.concat(chunks).subarray(written);
			for (written = 0; written < rest.length; ) {
				written += (await file.write(rest, written)).bytesWritten;
			}
		};
		return await smartCut(plans, blends, sink, {
			ffmpeg: this.#tools.ffmpeg,
			signal,
			onProgress: this.#tools.onProgress ?? (() => {}),
			onRun: (run) => {
				failed.run = run;
			},
		});
	}

	/** Runs `work` with a signal that aborts with the caller's, and also when `work` is over: no ffmpeg outlives it. */
	async #withSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
		const over = new AbortController();
		const { signal } = this.#tools;
		try {
			return await work(signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]));
		} finally {
			over.abort();
		}
	}
}

async function fullPart({ plan, source: { blend } }: PlannedSource): Promise<FullPart> {
	if (blend === undefined) return { run: plan };
	return { run: plan, blend: { kind: blend.kind, partner: await surveyBlended(blend.partner) } };
}
