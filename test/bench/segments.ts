import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storeFolder } from '../../cutter/segments/store.ts';
import { dateFromTicks } from '../../cutter/segments/ticks.ts';
import { range, type SegmentWorld, startSegments } from '../services/web/segments/world.ts';
import { makeMaterial } from './material.ts';

/**
 * Measures the segment server on twelve hours of 1080p60 at 6 Mbit/s (the cutter's material of twenty minutes, over and
 * over), each number beside the plainest way to the same bytes. Milliseconds, medians of several requests; cold: by a
 * server that was just started (the disk's cache is warm).
 */
const HOURS = 12;
const REPETITIONS = 5;
const folder = process.env.CUTSHEET_BENCH ?? path.join(tmpdir(), 'cutsheet-bench');
const material = await makeMaterial(folder, HOURS * 60);
const start = dateFromTicks(material.start);
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const ends: (() => unknown)[] = [];
const newServer = () => startSegments({ teardown: (end) => ends.push(end) }, material.store.base);

const twelveHours = `stage/source/media.m3u8${range(start, after(HOURS * 3600))}`;
const world = await newServer();
const playlistCold = await request(world, twelveHours);
const playlist = await median(() => request(world, twelveHours));
const listing = await median(() => time(listAll));
const frame = await median((n) =>
	request(world, `stage/source/frame.jpg?width=640&at=${after(3601.5 + 10 * n).toISOString()}`),
);
const plainFrame = await median((n) =>
	time(() =>
		ffmpeg(material.files.slice(1800 + 5 * n, 1801 + 5 * n), ['-ss', '1.5', '-frames:v', '1', '-f', 'mjpeg']),
	),
);
const pictures = `stage/source/pictures.json${range(start, after(600))}`;
const picturesCold = await request(world, pictures);
const picturesWarm = await median(() => request(world, pictures));
const peaks = (seconds: number) =>
	`stage/source/waveform.json${range(start, after(seconds), { peaks: '2000' })}`;
const tenCold = await whole(await newServer(), peaks(600));
const threeWorld = await newServer();
const threeCold = await whole(threeWorld, peaks(3 * 3600));
const tenWarm = await median(() => request(threeWorld, peaks(600)));
const threeWarm = await median(() => request(threeWorld, peaks(3 * 3600)));
const plainPeaks = await time(() =>
	ffmpeg(material.files.slice(0, 300), ['-vn', '-ac', '1', '-ar', '8000', '-f', 's16le']),
);
const join = await median((n) =>
	request(
		world,
		`stage/source/join.mp4?${new URLSearchParams({ end: after(600.4 + n).toISOString(), start: after(900.7).toISOString(), kind: 'fade', seconds: '1' })}`,
	),
);
const segment = await median(() =>
	request(world, `stage/source/${path.relative(storeFolder(material.store), material.files[0]!)}`),
);
for (const end of ends) await end();

console.log(`
                                  ms      beside
playlist of 12 h, cold         ${cell(playlistCold)}
playlist of 12 h, warm         ${cell(playlist)}   reading its ${HOURS} folders: ${Math.round(listing)}      limit 100
frame, 640 wide                ${cell(frame)}   ffmpeg on the one segment: ${Math.round(plainFrame)}
pictures of 10 min, cold       ${cell(picturesCold)}
pictures of 10 min, warm       ${cell(picturesWarm)}
peaks of 10 min, cold          ${cell(tenCold)}   cat | ffmpeg to 8 kHz: ${Math.round(plainPeaks)}
peaks of 10 min, warm          ${cell(tenWarm)}
peaks of 3 h, cold             ${cell(threeCold)}
peaks of 3 h, warm             ${cell(threeWarm)}
preview of a join, 4 s         ${cell(join)}                                   limit 3000
a segment                      ${cell(segment)}`);
process.exit();

function cell(milliseconds: number): string {
	return String(Math.round(milliseconds)).padStart(6);
}

/** How long an answer takes, all of it read. */
async function request({ get }: SegmentWorld, below: string): Promise<number> {
	return await time(async () => {
		const response = await get(below);
		await response.arrayBuffer();
		if (response.status !== 200) throw new Error(`${below} was answered with ${response.status}.`);
	});
}

/** Asks until the answer is complete. */
async function whole({ get }: SegmentWorld, below: string): Promise<number> {
	return await time(async () => {
		for (let complete = false; !complete; )
			complete = ((await (await get(below)).json()) as { complete: boolean }).complete;
	});
}

async function listAll(): Promise<void> {
	const store = storeFolder(material.store);
	for (const hour of await readdir(store)) await readdir(path.join(store, hour), { withFileTypes: true });
}

async function ffmpeg(files: readonly string[], args: readonly string[]): Promise<void> {
	const child = spawn('ffmpeg', ['-v', 'fatal', '-f', 'mpegts', '-i', 'pipe:0', ...args, '-y', '/dev/null'], {
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	const closed = new Promise((resolve) => child.once('close', resolve));
	async function* bytes() {
		for (const file of files) yield* createReadStream(file, { highWaterMark: 1024 * 1024 });
	}
	// It closes its input when it has what it wants.
	await pipeline(Readable.from(bytes()), child.stdin).catch(() => {});
	await closed;
}

async function time(work: () => Promise<unknown>): Promise<number> {
	const begin = performance.now();
	await work();
	return performance.now() - begin;
}

async function median(measure: (n: number) => Promise<number>): Promise<number> {
	const all: number[] = [];
	for (let n = 0; n < REPETITIONS; n++) all.push(await measure(n));
	return all.sort((a, b) => a - b)[Math.floor(REPETITIONS / 2)]!;
}
