import type { SequenceSegment } from '../../segments/best-sequence.ts';
import { dateFromTicks } from '../../segments/ticks.ts';
import type { Run } from '../source/run.ts';
import { type SoundFormat, soundFormat } from '../source/sound-format.ts';
import { type ScannedSound, scanSound } from '../source/sound-scan.ts';
import { sameParameters } from './parameters.ts';
import { BOUND_TOLERANCE } from './plan.ts';
import type { EdgeToEncode, PlannedRun } from './planned-run.ts';
import type { PlannedSource } from './prepare.ts';
import { surveyRun } from './survey.ts';
import { TransitionError } from './transition-plan.ts';

/** One side of a blend: what to decode. */
export interface BlendSide {
	segments: readonly SequenceSegment[];
	edge: EdgeToEncode;
	/** The run whose pictures are blended, without the edge that `edge` may have besides. */
	run: PlannedRun;
}

/**
 * A blend of two ranges, decided: one encoder makes the tail edge of what comes before, the blend, and the head edge of
 * what comes after.
 */
export interface PlannedBlend {
	/** One of `XFADE_KINDS`. */
	kind: string;
	before: BlendSide;
	after: BlendSide;
	/** Pictures of `before` ahead of the blend, and of `after` behind it. */
	tail: number;
	head: number;
	/** Pictures of the blend, and how many of `after` are in it. */
	pictures: number;
	partners: number;
	/** Whether the last picture has to end the coded sequence, since a copy follows that begins with a CRA picture. */
	closes: boolean;
	/** For each audio stream of the output. */
	sounds: BlendTrack[];
	/** Whether the sound before the blend is that of the same run, so that it goes on without a seam. */
	followsOwn: boolean;
	/** What is shown behind the blend. */
	next: PlannedRun | undefined;
}

/** What is known of one audio stream in a blend. */
export interface BlendTrack {
	/** Undefined when neither side has sound. */
	format: SoundFormat | undefined;
	hasBefore: boolean;
	hasAfter: boolean;
	/** Where the frames of `next` begin near its first picture, on the clock of its `walkFrom`. */
	nextFrames: number[];
}

/** The sound of a blend is of a kind that cannot be made. The message is a sentence. */
export class SoundError extends Error {
	override name = 'SoundError';
}

/** How many segments are looked through for the frames of sound around a place. */
const SEGMENTS_FOR_SOUND = 2;

/**
 * Plans the n-th of the planned runs, which is a blend, together with its neighbours.
 *
 * @throws SoundError when its sound cannot be made in the source's format.
 */
export async function planBlend(
	planned: readonly PlannedSource[],
	n: number,
	signal?: AbortSignal,
): Promise<PlannedBlend> {
	const { plan, source } = planned[n]!;
	const { run, blend } = source;
	if (blend === undefined) throw new RangeError('The run is no blend.');
	const { kind, pictures, partners, partner } = blend;
	const previous = planned[n - 1];
	const following = planned[n + 1];
	const followsOwn = previous?.source.run.segments === run.segments && previous.source.run.end === run.start;
	const leadsOn =
		following?.source.run.segments === partner.segments && following.source.run.start === partner.end;
	const next = leadsOn ? following.plan : undefined;

	const own = { segments: run.segments, edge: plan.tail!, run: plan };
	const before = (followsOwn && (await withTail(own, run, previous.plan))) || own;
	const partnerPlan = await surveyBlended(partner);
	const theirs = { segments: partner.segments, edge: partnerPlan.tail!, run: partnerPlan };
	const after = (next && (await withHead(theirs, partner, next))) || theirs;
	const tail = before.edge.count - own.edge.count;
	const head = after.edge.count - theirs.edge.count;
	if (own.edge.count !== pictures || theirs.edge.count !== partners)
		throw new RangeError('The pictures of a blend are not those that were planned.');
	return {
		...{ kind, before, after, tail, head, pictures, partners, followsOwn, next },
		closes: head > 0 && (next?.headCloses ?? false),
		sounds: await planSounds(planned[0]!.plan, plan, partnerPlan, next, signal),
	};
}

/** The blend's side with the edge that the run before it ends with, if that is of one stream. */
async function withTail(own: BlendSide, run: Run, previous: PlannedRun): Promise<BlendSide | undefined> {
	const { tail } = previous;
	if (tail === undefined || !sameParameters(previous.sample, own.run.sample)) return undefined;
	const both = await surveyBlended({ ...run, start: tail.firstWall });
	if (both.tail?.count !== tail.count + own.edge.count) return undefined;
	return { ...own, edge: both.tail };
}

/** The partner's side with the edge that the run after it begins with. */
async function withHead(theirs: BlendSide, run: Run, next: PlannedRun): Promise<BlendSide | undefined> {
	const { head } = next;
	if (head === undefined || !sameParameters(next.sample, theirs.run.sample)) return undefined;
	const both = await surveyBlended({ ...run, end: head.lastWall + 2 * BOUND_TOLERANCE });
	if (both.tail?.count !== head.count + theirs.edge.count) return undefined;
	return { ...theirs, edge: both.tail };
}

/**
 * The plan of a run of which all pictures are decoded.
 *
 * @throws TransitionError when they cannot be.
 */
export async function surveyBlended(run: Run): Promise<PlannedRun> {
	const plan = await surveyRun(run, { copy: false, isFirst: false });
	if (plan === undefined || 'decodable' in plan || plan.tail === undefined) {
		const at = dateFromTicks(run.start).toISOString();
		throw new TransitionError(`The pictures that a transition shows from ${at} on cannot be decoded.`);
	}
	return plan;
}

async function planSounds(
	first: PlannedRun,
	own: PlannedRun,
	partner: PlannedRun,
	next: PlannedRun | undefined,
	signal: AbortSignal | undefined,
): Promise<BlendTrack[]> {
	const near = async (run: PlannedRun) =>
		await scanSound(run.segments, run.walkFrom, run.first.segment + SEGMENTS_FOR_SOUND, signal);
	const [before, after, behind] = await Promise.all([near(own), near(partner), next && near(next)]);
	return first.sample.programme.audio.map(({ codec }, n) => {
		const sounds = [before[n], after[n]].map((sound) => (sound?.codec === codec ? sound : undefined));
		const [hasBefore, hasAfter] = [own, partner].map(({ startPts, endPts }, side) =>
			sounds[side]?.frames.some((frame) => frame.end > startPts && frame.start < endPts),
		);
		return {
			format: formatOf(sounds),
			...{ hasBefore: hasBefore ?? false, hasAfter: hasAfter ?? false },
			nextFrames: behind?.[n]?.codec === codec ? behind[n].frames.map((frame) => frame.start) : [],
		};
	});
}

function formatOf(sounds: readonly (ScannedSound | undefined)[]): SoundFormat | undefined {
	const sound = sounds.find((candidate) => candidate !== undefined && candidate.frames.length > 0);
	if (sound === undefined) return undefined;
	const format = soundFormat(sound.codec, sound.frames[0]!.bytes, sound.descriptors);
	if (format === undefined)
		throw new SoundError(`Sound of the kind that the source has (${sound.codec}) cannot be made.`);
	return format;
}
