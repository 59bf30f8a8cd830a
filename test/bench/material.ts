import { execFile } from 'node:child_process';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { wrap } from '../../cutter/cut/mpegts/clock.ts';
import {
	hasPayload,
	hasPcr,
	PACKET_SIZE,
	payloadStart,
	pidOf,
	readPcr,
	setContinuityCounter,
	startsUnit,
	writePcr,
} from '../../cutter/cut/mpegts/packet.ts';
import { readPesHeader, retimePes } from '../../cutter/cut/mpegts/pes.ts';
import { formatSegmentPath } from '../../cutter/segments/name.ts';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { storeFolder } from '../../cutter/segments/store.ts';

const run = promisify(execFile);

/** Ticks. */
const SECOND = 90_000;
const SEGMENT_SECONDS = 2;
const RECORDED_SECONDS = 30;
const TICKS_OF_MATERIAL = SECOND * RECORDED_SECONDS;

/** 1080p60 at 6 Mbit/s, as a stage sends it, for as many minutes as were asked for. */
export interface Material {
	store: SegmentStore;
	/** Wall time, ticks. */
	start: number;
	/** In order. */
	files: string[];
	bytes: number;
}

const START = Date.parse('2026-03-01T10:00:00.000Z') * 90;

/**
 * Makes the bench's segments in `folder`, or takes those that an earlier run left there. Encoding twenty minutes would
 * take twenty minutes, so half a minute is encoded, restamped and repeated. What is longer than twenty minutes is the same
 * files again under later names: the clock jumps back there.
 */
export async function makeMaterial(folder: string, minutes: number): Promise<Material> {
	const recorded = await record(path.join(folder, 'recorded'));
	const twenty = await repeat(path.join(folder, 'twenty'), recorded, (20 * 60) / RECORDED_SECONDS);
	const store = { base: path.join(folder, `store-${minutes}`), channel: 'stage', quality: 'source' };
	await rm(storeFolder(store), { recursive: true, force: true });
	const files: string[] = [];
	let bytes = 0;
	for (let number = 0; number < (minutes * 60) / SEGMENT_SECONDS; number++) {
		const start = START + number * SEGMENT_SECONDS * SECOND;
		const name = formatSegmentPath({
			start,
			duration: SEGMENT_SECONDS * SECOND,
			type: 'full',
			hash: `n${number}`,
		});
		const file = path.join(storeFolder(store), name);
		await mkdir(path.dirname(file), { recursive: true });
		await link(twenty[number % twenty.length]!, file);
		files.push(file);
		bytes += (await stat(file)).size;
	}
	return { store, start: START, files, bytes };
}

/** High profile with two B-frames, a keyframe every two seconds, at 6 Mbit/s; 48 kHz stereo AAC. */
async function record(folder: string): Promise<string[]> {
	if ((await list(folder)).length !== RECORDED_SECONDS / SEGMENT_SECONDS) {
		await rm(folder, { recursive: true, force: true });
		await mkdir(folder, { recursive: true });
		const picture = `testsrc2=s=1920x1080:r=60:d=${RECORDED_SECONDS},noise=alls=12:allf=t`;
		const video = [
			'-c:v',
			'libx264',
			'-preset',
			'veryfast',
			'-profile:v',
			'high',
			'-pix_fmt',
			'yuv420p',
			'-g',
			'120',
		];
		const rate = [
			'-keyint_min',
			'120',
			'-sc_threshold',
			'0',
			'-bf',
			'2',
			'-b:v',
			'6M',
			'-maxrate',
			'6M',
			'-bufsize',
			'6M',
		];
		const audio = ['-c:a', 'aac', '-ac', '2', '-b:a', '160k'];
		const segmenting = [
			'-f',
			'segment',
			'-segment_time',
			String(SEGMENT_SECONDS),
			'-segment_format',
			'mpegts',
		];
		const inputs = [
			'-f',
			'lavfi',
			'-i',
			picture,
			'-f',
			'lavfi',
			'-i',
			`sine=f=440:r=48000:d=${RECORDED_SECONDS}`,
		];
		await run('ffmpeg', [
			'-v',
			'error',
			...inputs,
			...video,
			...rate,
			...audio,
			...segmenting,
			path.join(folder, '%03d.ts'),
		]);
	}
	return await list(folder);
}

/** Writes `times` copies of the segments, each later by their length, with counters that run through. */
async function repeat(folder: string, segments: readonly string[], times: number): Promise<string[]> {
	if ((await list(folder)).length === segments.length * times) return await list(folder);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	const counters = new Map<number, number>();
	for (let copy = 0; copy < times; copy++)
		for (const [number, file] of segments.entries()) {
			const bytes = await readFile(file);
			restamp(bytes, copy * TICKS_OF_MATERIAL, counters);
			const name = String(copy * segments.length + number).padStart(5, '0');
			await writeFile(path.join(folder, `${name}.ts`), bytes);
		}
	return await list(folder);
}

function restamp(bytes: Buffer, delta: number, counters: Map<number, number>): void {
	for (let at = 0; at < bytes.length; at += PACKET_SIZE) {
		const pid = pidOf(bytes, at);
		if (hasPcr(bytes, at)) writePcr(bytes, at, wrap(readPcr(bytes, at) + delta));
		if (hasPayload(bytes, at)) counters.set(pid, ((counters.get(pid) ?? 15) + 1) & 15);
		setContinuityCounter(bytes, at, counters.get(pid) ?? 0);
		if (!startsUnit(bytes, at)) continue;
		const from = payloadStart(bytes, at);
		const header = readPesHeader(bytes, from, at + PACKET_SIZE);
		if (header?.pts !== undefined)
			retimePes(bytes, from, header.pts + delta, (header.dts ?? header.pts) + delta);
	}
}

async function list(folder: string): Promise<string[]> {
	const names = await readdir(folder).catch(() => []);
	return names.toSorted().map((name) => path.join(folder, name));
}
