import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatSegmentPath } from '../../cutter/segments/name.ts';
import { storeFolder } from '../../cutter/segments/store.ts';
import { probePackets, videoHashes } from '../support/streams.ts';
import { type Material, makeMaterial } from './material.ts';
import type { Measured, Order } from './once.ts';

/**
 * Measures the cutter beside `cat` and beside the simplest pipe through ffmpeg, on segments of 1080p60 at 6 Mbit/s that
 * it makes itself (once: they stay in CUTSHEET_BENCH, by default a folder in the temporary one). Each cut runs in a
 * process of its own, whose start is not counted. `--json`: the last line is one JSON object of medians.
 */
const SECOND = 90_000;
const FRAME = 1500;
const REPETITIONS = 3;
const folder = process.env.CUTSHEET_BENCH ?? path.join(tmpdir(), 'cutsheet-bench');
const once = fileURLToPath(new URL('once.ts', import.meta.url));
const run = promisify(execFile);

await mkdir(folder, { recursive: true });
const discard = path.join(folder, 'discard.ts');
await rm(discard, { force: true });
await symlink('/dev/null', discard);
const output = path.join(folder, 'out.ts');
const twenty = await makeMaterial(folder, 20);
const twoHours = await makeMaterial(folder, 120);

// Mid-group at both ends: pictures 30 and 90 of their groups of 120.
const head = 30 * FRAME;
const tail = 90 * FRAME;
const inside = (material: Material) => {
	const length = (material.files.length / 30) * 60 * SECOND;
	return {
		start: material.start + 10 * 2 * SECOND + head,
		end: material.start + length - 22 * SECOND + tail,
	};
};

const cat20 = await median(() => wallSeconds('cat "$@" > /dev/null', twenty.files));
const pipe20 = await median(() => pipe(twenty));
const pipe120 = await median(() => pipe(twoHours));
const whole = { start: twenty.start, end: twenty.start + 20 * 60 * SECOND };
const copied = await cuts({ kind: 'cut', store: twenty.store, ...whole, output: discard });
const smart20 = await cuts({ kind: 'cut', store: twenty.store, ...inside(twenty), output });
const framesOk = await checkFrames();
const smart120 = await cuts({ kind: 'cut', store: twoHours.store, ...inside(twoHours), output });
const checked = await measureOnce({ kind: 'video', store: twoHours.store, ...inside(twoHours), output });
const short = { start: twenty.start + 20 * SECOND + head, end: twenty.start + 26 * SECOND + tail };
const edges = await cuts({ kind: 'cut', store: twenty.store, ...short, output });
// One picture after a keyframe, to one before: nearly a whole group is re-encoded.
const worst = { start: twenty.start + 20 * SECOND + FRAME, end: twenty.start + 26 * SECOND - FRAME };
const edgesWorst = await cuts({ kind: 'cut', store: twenty.store, ...worst, output });
const scan = await scanTwelveHours();
await rm(output, { force: true });

const result = {
	smart20_over_pipe: round(smart20.seconds / pipe20),
	smart120_over_pipe: round(smart120.seconds / pipe120),
	per_gb_over_cat: round(copied.seconds / cat20),
	edges_s: round(edges.seconds),
	edges_worst_s: round(edgesWorst.seconds),
	scan_12h_ms: round(scan.seconds * 1000),
	rss_mb: round(Math.max(smart20.rssMb, smart120.rssMb, checked.rssMb)),
	frames_ok: framesOk,
};
console.log(`
20 minutes are ${round(twenty.bytes / 1e6)} MB           limit
cat to /dev/null           ${round(cat20)} s
cat | ffmpeg -c copy       ${round(pipe20)} s, two hours ${round(pipe120)} s
copy to /dev/null          ${round(copied.seconds)} s = ${result.per_gb_over_cat} × cat        2
smart cut, 20 minutes      ${round(smart20.seconds)} s = ${result.smart20_over_pipe} × the pipe   1.5
smart cut, 2 hours         ${round(smart120.seconds)} s = ${result.smart120_over_pipe} × the pipe   0.5
both edges                 ${result.edges_s} s               1.5
both edges at worst        ${result.edges_worst_s} s               3
best sequence over 12 h    ${result.scan_12h_ms} ms              80
memory of the process      ${result.rss_mb} MB             150
frames right               ${framesOk}`);
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
process.exitCode = framesOk ? 0 : 1;

function round(value: number): number {
	return Number(value.toFixed(value < 10 ? 2 : 0));
}

/** Each time without the output of the time before: to give gigabytes back to the disk takes a second. */
async function median(measure: () => Promise<number>): Promise<number> {
	const values: number[] = [];
	for (let n = 0; n < REPETITIONS; n++) {
		await rm(output, { force: true });
		values.push(await measure());
	}
	return values.sort((a, b) => a - b)[Math.floor(REPETITIONS / 2)]!;
}

async function wallSeconds(script: string, files: readonly string[]): Promise<number> {
	const began = performance.now();
	const child = spawn('sh', ['-c', script, 'sh', ...files], { stdio: ['ignore', 'ignore', 'inherit'] });
	await new Promise((resolve) => child.once('close', resolve));
	return (performance.now() - began) / 1000;
}

function pipe(material: Material): Promise<number> {
	const ffmpeg = `ffmpeg -v fatal -f mpegts -i - -c copy -f mpegts -y '${output}'`;
	return wallSeconds(`cat "$@" | ${ffmpeg}`, material.files);
}

/** The median of cuts in processes of their own. */
async function cuts(order: Order): Promise<Measured> {
	const runs: Measured[] = [];
	for (let n = 0; n < REPETITIONS; n++) {
		await rm(output, { force: true });
		runs.push(await measureOnce(order));
	}
	return runs.sort((a, b) => a.seconds - b.seconds)[Math.floor(REPETITIONS / 2)]!;
}

/** As `services/bin/cutsheet` starts it: with what Node compiled the last time. */
async function measureOnce(order: Order): Promise<Measured> {
	const env = { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled') };
	const { stdout } = await run(process.execPath, [once, JSON.stringify(order)], { env });
	return JSON.parse(stdout) as Measured;
}

async function scanTwelveHours(): Promise<Measured> {
	const store = { base: path.join(folder, 'scan'), channel: 'stage', quality: 'source' };
	const start = Date.parse('2026-03-02T00:00:00.000Z') * 90;
	const length = 2 * SECOND;
	for (let number = 0; number < 21_600; number++) {
		const name = { start: start + number * length, duration: length, type: 'full' as const, hash: 'x' };
		const file = path.join(storeFolder(store), formatSegmentPath(name));
		if (number % 1800 === 0) await mkdir(path.dirname(file), { recursive: true });
		await writeFile(file, '');
	}
	return await cuts({ kind: 'scan', store, start, end: start + 21_600 * length });
}

/** Whether the last smart cut has the pictures of its range, and between its edges the source's own. */
async function checkFrames(): Promise<boolean> {
	const { start, end } = inside(twenty);
	const count = Math.round((end - start) / FRAME);
	const source = await hashesOf(twenty.files);
	const made = await hashesOf([output]);
	const firstKey = Math.ceil((start - twenty.start) / (2 * SECOND)) * 120;
	const offset = firstKey - Math.round((start - twenty.start) / FRAME);
	const copiedCount = made.slice(offset).findIndex((hash, n) => hash !== source[firstKey + n]);
	const sample = await probePackets(output);
	const video = sample.filter((packet) => packet.type === 'video');
	console.log(`frames: ${made.length} of ${count}; copied from picture ${offset} on: ${copiedCount}`);
	return made.length === count && video.length === count && copiedCount > count - offset - 8;
}

async function hashesOf(files: readonly string[]): Promise<string[]> {
	const hashes: string[] = [];
	for (const file of files) hashes.push(...videoHashes(await readFile(file)));
	return hashes;
}
