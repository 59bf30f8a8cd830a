import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { SegmentStore } from '../../../../cutter/segments/store.ts';
import { openPage } from '../../../support/page.ts';
import { recordTestStream, temporaryFolder } from '../../../support/recording.ts';
import { until } from '../../../support/until.ts';
import { type Person, startTestWeb, type TestWeb } from '../../../support/web.ts';

/** When the stream of these tests begins. */
export const NOON = Date.parse('2026-05-01T12:00:00.000Z');

/** A wall time of the stream, in seconds since its beginning. */
export function at(seconds: number): string {
	return new Date(NOON + Math.round(seconds * 1000)).toISOString();
}

export interface EditorWorld extends TestWeb {
	store: SegmentStore;
	base: string;
}

/** The web service with a store of `seconds` of the test stream from `begin` on; the pictures in it say their numbers. */
export async function editorWorld(t: ExecutionContext, seconds: number, begin = NOON): Promise<EditorWorld> {
	const base = join(await temporaryFolder(t), 'segments');
	const store = await recordTestStream(base, new Date(begin), seconds);
	const segments = { base, channel: store.channel, quality: store.quality };
	const web = await startTestWeb(t, { cutter: { node: 'north', segments } });
	return { ...web, store, base };
}

/** An event's editor page in a window of that person's own. */
export async function openEditor(
	t: ExecutionContext,
	browser: Browser,
	web: TestWeb,
	person: Person,
	id: string,
	options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
	const opened = await openPage(t, browser, web, person, `/events/${id}/edit`, options);
	await opened.page.getByRole('heading', { name: 'Ranges' }).waitFor();
	return opened;
}

/** Waits until the picture of that time is shown and nothing moves any more. */
export async function waitForPicture(page: Page, seconds: number): Promise<void> {
	const shown = new Date(NOON + Math.round(seconds * 1000)).toISOString().slice(11, -1);
	await holds(
		page,
		`(() => {
			const video = document.querySelector('video');
			const clock = document.querySelector('output.now');
			return video && !video.seeking && video.readyState >= 2 && clock?.textContent === '${shown}';
		})()`,
	);
}

/** Waits until a script says yes in the page. (Playwright's own waiting would have the page evaluate it, which its policy forbids.) */
export async function holds(page: Page, script: string): Promise<void> {
	await until(async () => Boolean(await page.evaluate(script)));
}
