import type { Page } from 'playwright-core';

/** Windows that people have: a desk's, and a phone's that is held upright. */
export const SIZES = {
	desk: { viewport: { width: 1280, height: 800 } },
	phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/**
 * From now on notes what runs that should not. The function that is returned says that, and what of the page cannot be reached,
 * makes it scroll sideways, or is cut off without a sign.
 */
export function watchLayout(page: Page): () => Promise<string[]> {
	const bad: string[] = [];
	page.on('dialog', (dialog) => {
		bad.push(`a script ran: ${dialog.message()}`);
		void dialog.dismiss();
	});
	return async () => [...bad, ...(await page.evaluate<string[]>(LAYOUT))];
}

/** What of a page cannot be reached, or makes it scroll sideways. */
const LAYOUT = `(() => {
	const bad = [];
	// On a phone the window grows with what is in it.
	const wide = document.scrollingElement.scrollWidth - Math.min(innerWidth, screen.width);
	const clipped = (one) => one.parentElement && (getComputedStyle(one.parentElement).overflowX !== 'visible' || clipped(one.parentElement));
	const widest = [...document.body.querySelectorAll('*')].filter(
		(one) => one.getBoundingClientRect().right > Math.min(innerWidth, screen.width) + 1 && !clipped(one),
	).slice(0, 6);
	if (wide > 0) bad.push('the page scrolls sideways by ' + wide + ': ' + widest.map((one) => one.tagName + '.' + one.className + ' ' + Math.round(one.getBoundingClientRect().right)));
	const list = document.querySelector('.events');
	if (list && list.scrollWidth > list.clientWidth) bad.push('the list scrolls sideways by ' + (list.scrollWidth - list.clientWidth));
	if (document.querySelector('img[src="x"], svg[onload], script:not([src], [type=importmap])')) bad.push('markup of a text is in the page');
	// What lies over the page is all that there is to be reached.
	const drawer = document.querySelector('.panel');
	const root = drawer && getComputedStyle(drawer).position === 'fixed' ? drawer : document;
	const controls = [...root.querySelectorAll('button, a[href], input, select, textarea, summary')];
	for (const one of controls) {
		if (!one.checkVisibility({ visibilityProperty: true }) || one.disabled || one.closest('.unseen, .skip, .lanes, [inert]') || one.matches('.skip, [tabindex="-1"], [type=file]')) continue;
		one.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
		const box = one.getBoundingClientRect();
		const name = (one.ariaLabel || one.textContent || one.name || one.className).slice(0, 40);
		if (box.width < 1 || box.height < 1) { bad.push('no room for ' + one.tagName + ' ' + name); continue; }
		const x = Math.max(0, box.left) / 2 + Math.min(innerWidth, box.right) / 2;
		const y = Math.max(0, box.top) / 2 + Math.min(innerHeight, box.bottom) / 2;
		const hit = document.elementFromPoint(x, y);
		const isIt = hit && (one.contains(hit) || hit.contains(one) && hit.closest('label, a, button') || one.labels && [...one.labels].some((label) => label.contains(hit)));
		if (!isIt) bad.push('out of reach: ' + one.tagName + '.' + one.className + ' ' + name + ' at ' + Math.round(x) + ',' + Math.round(y) + ' is ' + (hit ? hit.tagName + '.' + hit.className : 'nothing'));
	}
	for (const one of document.querySelectorAll('main *, header *')) {
		const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
		if (!hasText || !one.checkVisibility() || one.closest('.unseen, .lanes, select, canvas')) continue;
		const style = getComputedStyle(one);
		if (/hidden|clip/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1 && style.textOverflow !== 'ellipsis')
			bad.push('cut off without a sign: ' + one.tagName + '.' + one.className + ' ' + one.textContent.slice(0, 40));
	}
	scrollTo(0, 0);
	return bad;
})()`;
