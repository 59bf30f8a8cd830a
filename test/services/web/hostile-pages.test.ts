import test, { type ExecutionContext } from 'ava';
import { claimEvent } from '../../../db/transitions/claim.ts';
import { failEvent, logJob } from '../../../db/transitions/leased.ts';
import { registerNode } from '../../../db/transitions/register-node.ts';
import { tellStore } from '../../../db/transitions/tell-store.ts';
import { tellSync } from '../../../db/transitions/tell-sync.ts';
import { tellTroubles } from '../../../db/transitions/tell-troubles.ts';
import { FEW } from '../../faults/extent.ts';
import { hostileCells, kept } from '../../faults/hostile-texts.ts';
import { editedEvent, newEvent } from '../../support/events.ts';
import { SIZES, watchLayout } from '../../support/layout.ts';
import { openPage, withChromium } from '../../support/page.ts';
import type { Person, TestWeb } from '../../support/web.ts';
import { editorWorld, NOON } from './editor/world.ts';

// Whatever a cell, a node, a location or a person is called: it is text, and what surrounds it stays where it was.

const chromium = withChromium(test);

const ALL_TEXTS = hostileCells('/tmp/none').map(kept);
/** Markup, right to left, combining characters, and the longest. */
const TEXTS = FEW
	? ALL_TEXTS.filter((text) => /<script|\u202e|\u0301/.test(text) || text.length > 10_000)
	: ALL_TEXTS;
/** What may be a name: of people, nodes, locations. */
const NAMES = TEXTS.map((text) =>
	text
		.replace(/\p{Cc}/gu, '')
		.trim()
		.slice(0, 90)
		.toWellFormed()
		.trim(),
).filter(Boolean);
const LONGEST = TEXTS.at(-1)!;

/** Every text in every field that pages show. */
async function hostileWorld(t: ExecutionContext): Promise<{ web: TestWeb; ada: Person; event: string }> {
	const web = await editorWorld(t, 12);
	const { db } = web;
	const ada = await web.person('admin', NAMES[0]!);
	for (const name of NAMES.slice(1)) await web.person('viewer', name);
	const [long] = NAMES.slice(-1);
	for (const name of NAMES) {
		await ada.ask('POST', '/api/account/tokens', { name, scopes: ['read'], days: 1 });
	}
	const locations = ['', ...NAMES].map((name) => ({ name, kind: 'local', limits: {}, configHash: 'same' }));
	for (const name of NAMES) {
		const instance = crypto.randomUUID();
		await registerNode(db, { name, instance, version: NAMES[0]!, locations });
		await tellTroubles(
			db,
			{ node: name, instance },
			{ troubles: [`${name} cannot write: ${LONGEST.slice(0, 3_000)}`], stopped: [] },
		);
		const held = [{ start: NOON, end: NOON + 12_000 }];
		await tellStore(db, name, instance, { channel: name, quality: name, held, diskBytes: 10, freeBytes: 1 });
	}
	await db.updateTable('locations').set({ disagreement: LONGEST }).where('name', '=', long!).execute();
	for (const trouble of TEXTS) {
		await tellSync(db, {
			service: 'sheet-sync',
			spreadsheet: trouble.slice(0, 100),
			inStepSecondsAgo: undefined,
			trouble,
		});
	}
	let event = '';
	for (const [index, text] of TEXTS.entries()) {
		const minute = NOON + index * 60_000;
		const name = NAMES[Math.min(index, NAMES.length - 1)]!;
		const columns = {
			...{ category: text, description: text, notes: text, sheet_name: text, tags: [text, name] },
			...{ uploader_whitelist: null, upload_location: name, editor: name },
			...{ start: new Date(minute + 2_000), end: new Date(minute + 40_000) },
			...{ video_start: new Date(NOON + 3_000), video_end: new Date(NOON + 6_000) },
			...{ video_title: text, video_description: text },
		};
		const waiting = await editedEvent(db, { ...columns, priority: 1_000_000 });
		await db.updateTable('events').set({ error: text }).where('id', '=', waiting.id).execute();
		const failed = await editedEvent(db, columns);
		const lease = (await claimEvent(db, failed, NAMES[0]!, 60))!;
		await logJob(db, lease, 'warn', text, { ffmpeg: text });
		await failEvent(db, lease, text);
		const uploaded = await newEvent(db, columns);
		await db
			.updateTable('events')
			.set({ state: 'UPLOADED', video_link: `https://x.example/${encodeURI(text)}` })
			.where('id', '=', uploaded.id)
			.execute();
		event = failed.id;
	}
	return { web, ada, event };
}

test.serial(
	'no text of others runs, breaks a page or takes a control away, on a desk and on a phone',
	async (t) => {
		t.timeout(300_000);
		const { web, ada, event } = await hostileWorld(t);
		// Each with what is there once it is whole.
		const pages: Record<string, string> = {
			'/': '.rows > .event',
			[`/?event=${event}`]: '.story > li',
			'/nodes': '.node-card .coverage',
			'/charts': 'canvas',
			'/account': '.list td',
			'/accounts': '.list td select',
			[`/events/${event}/edit`]: '.range-row',
		};
		const found: string[] = [];
		const sizes = FEW ? { phone: SIZES.phone } : SIZES;
		for (const [size, options] of Object.entries(sizes)) {
			for (const [path, whole] of Object.entries(pages)) {
				if (FEW && !path.includes(event)) continue;
				const { page, context } = await openPage(t, chromium.browser, web, ada, path, options);
				const problems = watchLayout(page);
				await page.locator(whole).first().waitFor();
				if (path.startsWith('/?') || path === '/')
					await page.locator('.attention > .notice').first().waitFor();
				for (const problem of await problems())
					found.push(`${size} ${path.replace(event, 'ID')}: ${problem}`);
				if (process.env.SHOTS)
					await page.screenshot({
						path: `${process.env.SHOTS}/${size}${path.replace(event, 'ID').replaceAll(/\W+/g, '-')}.png`,
					});
				await context.close();
			}
		}
		t.deepEqual(found, []);
	},
);
