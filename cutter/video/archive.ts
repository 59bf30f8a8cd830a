import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startFfmpeg } from '../cut/encode/ffmpeg.ts';
import type { Programme } from '../cut/mpegts/tables.ts';
import { findRuns, type RunToPlan } from '../cut/plan/prepare.ts';
import { readRun } from '../cut/source/read-run.ts';
import { indexOf, SegmentReader } from '../cut/source/segment-file.ts';
import { writeFeed } from '../cut/write/feed.ts';
import type { SequenceSegment } from '../segments/best-sequence.ts';
import { dateFromTicks, ticksFromDate } from '../segments/ticks.ts';
import { remuxArguments, soundNote } from './remux.ts';
import { holdsUnit } from './scan-stream.ts';
import { VerificationError, verifyContainer } from './verify.ts';
import type { VideoReport, VideoRequest, VideoTools } from './video-request.ts';
import { touching } from './widen.ts';

/** What one pass over a run's segments tells. */
interface RunScan {
	segments: SequenceSegment[];
	programme: Programme;
	pictures: number;
	/** Ticks, first to last picture and its length. */
	duration: number;
	smallestPts: number;
	lastPlace: { segment: number; picture: number };
	hasFields: boolean;
	/** PIDs of the sounds that have any packet. */
	soundPids: number[];
	/** Sentences about damaged segments. */
	damage: string[];
}

/** Where the first picture is on ffmpeg's clock (10 s): sound may come before it. */
const FEED_START = 900_000;

/** Sound is kept from so much before the first picture to so much after the last (1 s). */
const SOUND_MARGIN = 90_000;

/**
 * Copies the whole segments that the ranges touch into Matroska files `1.mkv`, `2.mkv` … in a new folder, one for each run
 * without a hole. Nothing is re-encoded. Each file tells the wall time of its first picture as its date.
 *
 * @throws HoleError when video is missing and holes are not allowed; VerificationError.
 */
export async function makeArchive(
	request: VideoRequest,
	folder: string,
	tools: VideoTools,
): Promise<VideoReport> {
	const notes: string[] = [];
	const note = (sentence: string) => {
		notes.push(sentence);
		tools.log.warn(sentence);
	};
	const bounds = request.ranges.map(({ start, end }) => ({
		start: ticksFromDate(start),
		end: ticksFromDate(end),
	}));
	if (bounds.length === 0) throw new RangeError('There is no range to cut.');
	if (request.transitions?.some((transition) => transition !== null))
		note('The transitions were left out: an archive holds the segments as they are.');
	const runs = await findRuns(bounds, { store: request.store, allowHoles: request.allowHoles, note });
	const began = performance.now();
	await mkdir(folder);
	try {
		const made: { range: number; scan: RunScan; file: string }[] = [];
		for (const [n, run] of runs.entries()) {
			const onProgress = (done: number) => tools.onProgress?.('packing', (n + done) / runs.length);
			const onScanned = (done: number) => onProgress(done * SCAN_SHARE);
			const scan = await scanRun(run, { signal: tools.signal, onProgress: onScanned });
			if (scan === undefined) continue;
			for (const sentence of scan.damage) note(sentence);
			const aboutSound = soundNote(scan);
			if (aboutSound !== undefined && !notes.includes(aboutSound)) note(aboutSound);
			const file = path.join(folder, `${made.length + 1}.mkv`);
			const onPacked = (done: number) => onProgress(SCAN_SHARE + done * (1 - SCAN_SHARE));
			await writeRun(scan, file, request, { ...tools, onPacked });
			made.push({ range: run.range, scan, file });
			onProgress(1);
		}
		const pack = Math.round(performance.now() - began);
		return { ...report(made, bounds.length), notes, timings: { cut: 0, check: 0, pack } };
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
}

/** The part of the work that reading the segments beforehand is. */
const SCAN_SHARE = 0.4;

async function scanRun(
	{ run }: RunToPlan,
	{ signal, onProgress }: { signal: AbortSignal | undefined; onProgress: (fraction: number) => void },
): Promise<RunScan | undefined> {
	const segments = await decodable(run, touching(run.segments, run.start, run.end));
	let scan: RunScan | undefined;
	for await (const { number, segment, bytes, index, shift } of readRun(segments, 0, { signal })) {
		const { programme, smallestPts, largestPts, pictures, hasFields, damage } = index;
		const frame = pictures.length > 1 ? (largestPts - smallestPts) / (pictures.length - 1) : 0;
		scan ??= {
			...{ segments, programme, smallestPts, pictures: 0, duration: 0, hasFields: false, damage: [] },
			...{ lastPlace: { segment: 0, picture: 0 }, soundPids: [] },
		};
		scan.pictures += pictures.length;
		scan.duration = Math.round(largestPts + shift + frame - scan.smallestPts);
		scan.lastPlace = { segment: number, picture: pictures.length };
		scan.hasFields ||= hasFields;
		for (const [n, { pid }] of scan.programme.audio.entries()) {
			const own = programme.audio[n]?.pid;
			if (own !== undefined && !scan.soundPids.includes(pid) && holdsUnit(bytes, own))
				scan.soundPids.push(pid);
		}
		if (damage !== undefined)
			scan.damage.push(`The segment ${segment.path} ${damage}. It was kept as it is.`);
		onProgress((number + 1) / segments.length);
	}
	return scan;
}

/**
 * The segments, with as many of the run's before them as it takes to begin at a keyframe that brings its parameter sets:
 * else nobody could play the beginning, or, where only the first of all has sets, any of it.
 */
async function decodable(run: RunToPlan['run'], touched: SequenceSegment[]): Promise<SequenceSegment[]> {
	const reader = new SegmentReader();
	let first = run.segments.indexOf(touched[0]!);
	for (; first > 0; first--) {
		const { path: file } = run.segments[first]!;
		const bytes = await reader.read(file);
		const { programme, pictures } = indexOf(file, bytes);
		reader.release(bytes);
		if (programme.video === undefined || (pictures[0] && pictures[0].access !== 'none')) break;
	}
	const last = run.segments.indexOf(touched.at(-1)!);
	return touched.length === 0 ? [] : run.segments.slice(first, last + 1);
}

async function writeRun(
	scan: RunScan,
	file: string,
	request: VideoRequest,
	tools: VideoTools & { onPacked: (fraction: number) => void },
): Promise<void> {
	const { segments, programme, pictures, duration } = scan;
	const begin = dateFromTicks(segments[0]!.start).toISOString();
	const end = dateFromTicks(segments.at(-1)!.start + segments.at(-1)!.duration).toISOString();
	const stream = {
		...{ programme, soundPids: scan.soundPids, pictures, hasFields: scan.hasFields },
		shown: { first: FEED_START, last: FEED_START + duration },
	};
	const metadata = {
		...request.metadata,
		date: begin,
		creation_time: begin,
		wall_start: begin,
		wall_end: end,
	};
	const args = remuxArguments({
		...{ input: 'pipe:0', scan: stream, output: file, container: 'matroska', metadata },
	});
	const { signal } = tools;
	const running = startFfmpeg(tools.ffmpeg, args, { signal });
	const feed = {
		...{ segments, decodeFrom: { segment: 0, picture: 0 }, decodeTo: scan.lastPlace },
		base: FEED_START - scan.smallestPts,
		sound: { from: FEED_START - SOUND_MARGIN, to: FEED_START + duration + SOUND_MARGIN },
	};
	const feeding = writeFeed(feed, running.stdin, signal).catch((error: unknown) => {
		running.kill();
		throw error;
	});
	feeding.catch(() => {});
	let packed = 0;
	for await (const line of createInterface({ input: running.stdout })) {
		if (!line.startsWith('frame=')) continue;
		packed = Number(line.slice('frame='.length));
		tools.onPacked(Math.min(1, packed / Math.max(1, pictures)));
	}
	await Promise.all([running.finished, feeding]).catch(async (error: unknown) => {
		// When reading a segment failed, ffmpeg was killed: the reading is what matters.
		await feeding;
		throw error;
	});
	if (packed !== pictures && !scan.hasFields && scan.damage.length === 0)
		throw new VerificationError(`The archive ${file} has ${packed} pictures of ${pictures}.`);
	const known = { ...scan, shown: undefined, sequenceSets: [] };
	const expected = { pictures, duration, ranges: [] };
	await verifyContainer(file, 'matroska', known, expected, {
		ffprobe: tools.ffprobe,
		signal,
	});
}

function report(
	made: readonly { range: number; scan: RunScan; file: string }[],
	ranges: number,
): Omit<VideoReport, 'notes' | 'timings'> {
	const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
	const perRange = Array.from({ length: ranges }, (_, range) => {
		const parts = made.filter((part) => part.range === range).map(({ scan }) => scan);
		const last = parts.at(-1)?.segments.at(-1);
		return {
			start: dateFromTicks(parts[0]?.segments[0]?.start ?? 0),
			end: dateFromTicks(last === undefined ? 0 : last.start + last.duration),
			pictures: sum(parts.map((part) => part.pictures)),
			blended: 0,
			duration: sum(parts.map((part) => part.duration)),
		};
	});
	return {
		modeUsed: 'archive',
		pictures: sum(perRange.map((range) => range.pictures)),
		duration: sum(perRange.map((range) => range.duration)),
		files: made.map(({ file }) => file),
		ranges: perRange,
	};
}
