import { link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type Hls from 'hls.js';
import type { Fragment } from 'hls.js';
import type { Browser, Page } from 'playwright-core';
import { type SegmentStore, storeFolder } from '../../../../cutter/segments/store.ts';
import {
	readTestFrameNumber,
	TEST_HEIGHT,
	TEST_WIDTH,
	testFrameNumber,
} from '../../../../services/record/test-picture.ts';
import { launchChromium } from '../../../support/page.ts';
import { recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { until } from '../../../support/until.ts';
import { range, startSegments } from './world.ts';

/** What hls.js and the page make of a playlist, in a real browser. */
const HLS = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');
/** Lately: what is live may begin a day ago at most. */
const START = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
const at = (seconds: number) => new Date(START.getTime() + seconds * 1000);
const frame = (seconds: number) => testFrameNumber(at(seconds).getTime());

declare const window: {
	Hls: typeof Hls;
	player: Hls;
	video: HTMLVideo;
	errors: string[];
	wanted: () => Wanted;
};
/** Where a test wants to look: a fragment, and seconds after its first picture. */
interface Wanted {
	fragment: Fragment;
	offset: number;
}
declare const document: {
	createElement(name: 'video'): HTMLVideo;
	createElement(name: 'canvas'): Canvas;
	body: { append(element: unknown): void };
};
/** What the tests need of the browser's own types. */
interface HTMLVideo {
	muted: boolean;
	currentTime: number;
	seeking: boolean;
	readyState: number;
	play(): Promise<void>;
}
interface Canvas {
	width: number;
	height: number;
	getContext(kind: '2d'): {
		drawImage(source: HTMLVideo, ...area: number[]): void;
		getImageData(...area: number[]): { data: Uint8ClampedArray };
	};
}

let browser: Browser;
let folder: string;
let recorded: SegmentStore;
/** Of the store, below the quality; 2 s each, in order. */
let files: string[];

test.before(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'cutsheet-player-'));
	recorded = await recordTestStream(folder, START, 14);
	const found = await readdir(storeFolder(recorded), { recursive: true });
	files = found.filter((name) => name.endsWith('.ts')).toSorted();
	browser = await launchChromium();
});
test.after.always(async () => {
	await browser?.close();
	await rm(folder, { recursive: true, force: true });
});

async function openPlayer(t: ExecutionContext, ...numbers: number[]) {
	const base = await temporaryFolder(t);
	const grow = async (...more: number[]) => {
		for (const number of more) {
			const target = path.join(base, 'stage', 'source', files[number]!);
			await mkdir(path.dirname(target), { recursive: true });
			await link(path.join(storeFolder(recorded), files[number]!), target);
		}
	};
	await grow(...numbers);
	const world = await startSegments(t, base);
	const context = await browser.newContext();
	t.teardown(() => context.close());
	const page = await context.newPage();
	await page.goto(`${world.url}/segments/channels.json`);
	await page.addScriptTag({ path: HLS });
	return { page, grow };
}

/** Loads a playlist and waits until it can be played. */
async function load(page: Page, address: string): Promise<void> {
	await page.evaluate((url) => {
		window.errors = [];
		window.video = document.createElement('video');
		window.video.muted = true;
		document.body.append(window.video);
		window.player = new window.Hls({ startPosition: 0 });
		window.player.on(window.Hls.Events.ERROR, (_event, { fatal, details }) => {
			if (fatal || details.includes('Parsing')) window.errors.push(details);
		});
		window.player.loadSource(url);
		window.player.attachMedia(window.video as unknown as Parameters<Hls['attachMedia']>[0]);
	}, address);
	await page.waitForFunction(() => window.video.readyState >= 2, undefined, { timeout: 60_000 });
}

/** Wall times (ms) at which the fragments of the playlist begin, as hls.js has read them. */
async function fragmentTimes(page: Page): Promise<(number | null)[]> {
	return await page.evaluate(
		() => window.player.levels[0]?.details?.fragments.map((fragment) => fragment.programDateTime) ?? [],
	);
}

/**
 * Goes to a wall time (ms) and reads the number of the frame that is shown. In hls.js a fragment begins with its sound or the
 * decoding of its first picture; the wall time is that of where its pictures are shown from on, known once it is loaded.
 */
async function frameAt(page: Page, wall: number): Promise<number | undefined> {
	await page.evaluate((time) => {
		// A live playlist makes new fragments with every reload.
		window.wanted = () => {
			const fragments = window.player.levels[0]?.details?.fragments ?? [];
			const fragment = fragments.findLast(
				(one) => (one.programDateTime ?? Number.POSITIVE_INFINITY) <= time,
			)!;
			return { fragment, offset: (time - fragment.programDateTime!) / 1000 };
		};
		window.video.currentTime = window.wanted().fragment.start + window.wanted().offset;
	}, wall);
	await page.waitForFunction(() => window.wanted().fragment.elementaryStreams.video, undefined, {
		timeout: 60_000,
	});
	await page.evaluate(() => {
		const { fragment, offset } = window.wanted();
		// In the middle of the picture.
		window.video.currentTime = fragment.elementaryStreams.video!.startPTS + offset + 0.02;
	});
	await page.waitForFunction(() => !window.video.seeking && window.video.readyState >= 2, undefined, {
		timeout: 60_000,
	});
	const luma = await page.evaluate(
		([width, height]) => {
			const canvas = document.createElement('canvas');
			[canvas.width, canvas.height] = [width!, height!];
			const context = canvas.getContext('2d');
			context.drawImage(window.video, 0, 0, width!, height!);
			const { data } = context.getImageData(0, 0, width!, height!);
			return Array.from({ length: data.length / 4 }, (_, n) => data[4 * n]!);
		},
		[TEST_WIDTH, TEST_HEIGHT],
	);
	return readTestFrameNumber(Buffer.from(luma), TEST_WIDTH, TEST_HEIGHT);
}

/**
 * Behind a discontinuity hls.js (1.7) tells a start of the pictures that lacks the delay of B-frames, here two pictures: who
 * needs the very picture there has to measure it (requestVideoFrameCallback).
 */
async function nearFrame(t: ExecutionContext, page: Page, seconds: number): Promise<void> {
	const shown = (await frameAt(page, at(seconds).getTime())) ?? Number.NaN;
	const early = frame(seconds) - shown;
	t.true(early >= 0 && early <= 2, `at ${seconds} s: ${early} pictures early`);
}

test('in a browser wall times lead to their pictures, also behind a hole', async (t) => {
	const { page } = await openPlayer(t, 0, 1, 3, 4);
	await load(page, `/segments/stage/master.m3u8${range(at(0), at(10))}`);
	t.deepEqual(
		await fragmentTimes(page),
		[0, 2, 6, 8].map((seconds) => at(seconds).getTime()),
	);
	for (const seconds of [0, 1, 2.52, 3.96])
		t.is(await frameAt(page, at(seconds).getTime()), frame(seconds), `at ${seconds} s`);
	for (const seconds of [6, 7.96, 9]) await nearFrame(t, page, seconds);
	t.deepEqual(await page.evaluate(() => window.errors), []);
});

test('at the live edge a browser goes on with what is recorded, and over a hole', async (t) => {
	const { page, grow } = await openPlayer(t, 0, 1);
	await load(page, `/segments/stage/source/media.m3u8?start=${at(0).toISOString()}`);
	await grow(2);
	await until(async () => (await fragmentTimes(page)).length === 3, 60);
	t.is(await frameAt(page, at(5).getTime()), frame(5));
	await grow(4, 5, 6);
	await until(async () => (await fragmentTimes(page)).length === 6, 60);
	t.deepEqual(
		await fragmentTimes(page),
		[0, 2, 4, 8, 10, 12].map((seconds) => at(seconds).getTime()),
	);
	await nearFrame(t, page, 9);
	t.is(await frameAt(page, at(1).getTime()), frame(1));
	t.deepEqual(await page.evaluate(() => window.errors), []);
});
