import type { ExecutionContext } from 'ava';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Person, TestWeb } from './web.ts';

/**
 * What scripts and the security policy complained of. A request that is broken off as its page is left (net::ERR_…) is
 * neither.
 */
export const complaints: string[] = [];

/** A page in a window of that person's own. */
export async function openPage(
	t: ExecutionContext,
	browser: Browser,
	web: TestWeb,
	person: Person,
	path: string,
	options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
	t.teardown(() => context.close());
	const [name, value] = person.cookie.split('=');
	await context.addCookies([{ name: name!, value: value!, url: web.url }]);
	const page = await context.newPage();
	page.setDefaultTimeout(20_000);
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error' && !/status of 4\d\d|net::ERR_/.test(message.text()))
			complaints.push(message.text());
	});
	await page.goto(web.url + path);
	return { page, context };
}
