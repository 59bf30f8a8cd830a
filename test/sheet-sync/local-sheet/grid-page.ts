import type { ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { watchPage } from '../../support/page.ts';
import { until } from '../../support/until.ts';
import type { SheetWorld } from '../world.ts';

/** Pages on which somebody pasted: the policy also watches over the markup that is parsed apart from the page. */
const pasted = new WeakSet<Page>();

/** The grid of the local sheet in a window of its own. */
export async function openGrid(
	t: ExecutionContext,
	browser: Browser,
	world: SheetWorld,
	options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
	const context = await browser.newContext({ viewport: { width: 1900, height: 700 }, ...options });
	t.teardown(() => context.close());
	const page = await context.newPage();
	page.setDefaultTimeout(15_000);
	watchPage(page, (complaint) => {
		// A refused request is told to the person; Chromium also notes it here.
		if (complaint.startsWith('Failed to load resource: the server responded with a status of 400'))
			return true;
		return /^(?:Applying inline style|Executing inline event handler)/.test(complaint) && pasted.has(page);
	});
	await page.goto(world.sheet.url);
	await page.getByText('live', { exact: true }).waitFor();
	return page;
}

/** The cell of a row (as people count) under a header. */
export function cell(page: Page, row: number, header: string) {
	return page.locator(`.slick-row[data-row="${row - 1}"] .column-${header.replaceAll(' ', '-')}`);
}

/** Press keys one after another. */
export async function press(page: Page, ...keys: string[]): Promise<void> {
	for (const key of keys) await page.keyboard.press(key);
}

export async function menu(page: Page, name: string, item: string): Promise<void> {
	await page.locator('summary').getByText(name, { exact: true }).click();
	await page.getByRole('button', { name: item }).click();
}

/** Paste as another program would have copied it. */
export async function paste(page: Page, formats: Record<string, string>): Promise<void> {
	pasted.add(page);
	await clipboardEvent(page, 'paste', formats);
}

/** What a copy of the selection puts on the clipboard. */
export async function copied(
	page: Page,
	kind: 'copy' | 'cut' = 'copy',
): Promise<{ text: string; html: string }> {
	return clipboardEvent(page, kind, {});
}

/** Chromium has no clipboard without a screen; its events are the same. */
async function clipboardEvent(
	page: Page,
	kind: string,
	formats: Record<string, string>,
): Promise<{ text: string; html: string }> {
	return page.evaluate(`(() => {
		const clipboardData = new DataTransfer();
		for (const [type, text] of Object.entries(${JSON.stringify(formats)})) clipboardData.setData(type, text);
		const event = new ClipboardEvent('${kind}', { clipboardData, bubbles: true, cancelable: true });
		document.activeElement.dispatchEvent(event);
		return { text: clipboardData.getData('text/plain'), html: clipboardData.getData('text/html') };
	})()`);
}

/** The columns of rows as they come to be in Postgres. */
export async function becomes(
	t: ExecutionContext,
	world: SheetWorld,
	columns: string[],
	expected: string[][],
	worksheet = 'Talks',
): Promise<void> {
	let rows: string[][] = [];
	await until(async () => {
		rows = (await world.rows(worksheet)).map((row) => columns.map((column) => row[column] ?? ''));
		return JSON.stringify(rows) === JSON.stringify(expected);
	}).catch(() => undefined);
	t.deepEqual(rows, expected);
}
