import type { ExecutionContext, TestFn } from 'ava';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Person, TestWeb } from './web.ts';

/**
 * What scripts and the security policy complained of. A request that is broken off as its page is left (net::ERR_…) is
 * neither.
 */
export const complaints: string[] = [];

export async function launchChromium(): Promise<Browser> {
	return chromium.launch({
		executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
		args: [
			...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--mute-audio'],
			...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
			// A test has no user whose click would allow a page to play.
			'--autoplay-policy=no-user-gesture-required',
		],
	});
}

/** One browser for all tests of a file. After each of them, nothing may have complained. */
export function withChromium(test: TestFn): { readonly browser: Browser } {
	let browser: Browser | undefined;
	test.before(async () => {
		browser = await launchChromium();
	});
	test.afterEach((t) => t.deepEqual(complaints.splice(0), []));
	test.after.always(() => browser?.close());
	return {
		get browser() {
			if (browser === undefined) throw new Error('The browser is there once the tests begin.');
			return browser;
		},
	};
}

/** Notes what a page complains of, but for what `isFine` says is to be expected. */
export function watchPage(page: Page, isFine: (complaint: string) => boolean): void {
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error' && !isFine(message.text())) complaints.push(message.text());
	});
}

/** A page in a window of that person's own; undefined: of somebody who is not signed in. */
export async function openPage(
	t: ExecutionContext,
	browser: Browser,
	web: TestWeb,
	person: Person | undefined,
	path: string,
	options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	t.teardown(() => context.close());
	if (person !== undefined) {
		const [name, value] = person.cookie.split('=');
		await context.addCookies([{ name: name!, value: value!, url: web.url }]);
	}
	const page = await context.newPage();
	page.setDefaultTimeout(20_000);
	// A refusal is told to the person; Chromium also notes it here.
	watchPage(page, (complaint) => /status of 4\d\d|net::ERR_/.test(complaint));
	await page.goto(web.url + path);
	return { page, context };
}

/** A tablet that is held upright and touched. */
export const TABLET = { viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true };

/**
 * What of a page is smaller than `pixels` in one direction though it is to be clicked or touched: its name and size.
 * What has its like elsewhere on the page may be (WCAG 2.2, 2.5.8): blocks of the day's line, marks on the time line.
 */
export async function smallTargets(page: Page, pixels: number): Promise<string[]> {
	return page.evaluate<string[]>(`
		[...document.querySelectorAll('button, select, input, a[class], label.button')]
			.filter((one) => one.checkVisibility() && !one.closest('.unseen, .lanes, label, .tick') && one.type !== 'file')
			.map((one) => ({ one, box: one.getBoundingClientRect() }))
			.filter(({ box }) => Math.min(box.width, box.height) < ${pixels} - 0.5)
			.map(({ one, box }) => [one.ariaLabel || one.textContent, box.width + '×' + box.height].join(' '))
	`);
}
