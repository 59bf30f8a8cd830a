import test from 'ava';
import { sql } from 'kysely';
import { claimEvent } from '../../../../db/transitions/claim.ts';
import { reportProgress } from '../../../../db/transitions/leased.ts';
import type { EditDocument } from '../../../../services/web/editor/edit-schema.ts';
import { editedEvent, eventRow, newEvent, runningNode } from '../../../support/events.ts';
import { until } from '../../../support/until.ts';
import { type Person, startTestWeb } from '../../../support/web.ts';

const NOON = Date.parse('2026-05-01T12:00:00.000Z');
const at = (seconds: number) => new Date(NOON + seconds * 1000).toISOString();

/** Whatever an answer of the API holds. */
type Answer = Record<string, unknown> & {
	seen: string;
	edit: EditDocument;
	error: Record<string, unknown> & { sentence: string };
};

async function read(answer: Response): Promise<Answer> {
	return (await answer.json()) as Answer;
}

async function detail(person: Person, id: string): Promise<Answer> {
	return read(await person.ask('GET', `/api/events/${id}`));
}

/** An edit of two ranges with a cross-fade. */
function edit(changes: Partial<EditDocument> = {}): EditDocument {
	return {
		ranges: [
			{ start: at(10), end: at(20), join: null },
			{ start: at(30), end: at(40.5), join: { kind: 'fade', seconds: 1 } },
		],
		video_title: 'Opening',
		video_description: 'By Ada.',
		video_chapters: [],
		tags: ['talk'],
		upload_location: '',
		uploader_whitelist: null,
		allow_holes: true,
		video_unlisted: true,
		thumbnail: { kind: 'frame', at: at(12) },
		...changes,
	};
}

test('an event that nobody edited yet is given with the title that it would get, and what limits there are', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	await runningNode(web.db, 'north', ['', 'tube']);
	const { id } = await newEvent(web.db, {
		...{ video_start: null, video_end: null, video_title: null, video_description: null },
		...{ description: 'Opening\nof the day', notes: 'secret', start: at(0), end: at(60), tags: ['a'] },
	});
	const answer = await detail(ada, id);
	t.like(answer, {
		event: { id, state: 'UNEDITED', notes: 'secret', start: at(0) },
		edit: { ranges: [], video_title: 'Opening', video_description: '', tags: ['a'], thumbnail: null },
		draft: null,
		nodes: [{ name: 'north', locations: ['', 'tube'], running: true }],
	});
	t.true((answer.transitions as string[]).includes('dissolve'));
});

test('an event whose row has words longer than anybody would type is shown, and submitted as it is', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const long = 'x'.repeat(50_000);
	const { id } = await newEvent(web.db, { tags: [long], upload_location: long, uploader_whitelist: [long] });
	const answer = await ada.ask('GET', `/api/events/${id}`);
	t.is(answer.status, 200);
	const { edit: told, seen } = (await answer.json()) as { edit: { tags: string[] }; seen: string };
	t.deepEqual(told.tags, [long]);
	const saved = await ada.ask('PUT', `/api/events/${id}/draft`, { edit: told, seen, previous: null });
	t.is(saved.status, 200, await saved.text());
});

test('an event that is worked on is given with how far that is, and with why it does not go on', async (t) => {
	const web = await startTestWeb(t);
	const vera = await web.person('viewer', 'Vera');
	await runningNode(web.db, 'north');
	const event = await editedEvent(web.db);
	const lease = (await claimEvent(web.db, event, 'north', 60))!;
	const progress = { stage: 'uploading', percent: 7.25, bytes_per_second: 1_250_000, seconds_left: 30 };
	await reportProgress(web.db, lease, progress);
	t.deepEqual((await detail(vera, event.id)).lease, { holder: 'north', progress, stands_still: null });
	await sql`update leases set moved_at = now() - interval '10 minutes'`.execute(web.db);
	const { lease: standing } = await detail(vera, event.id);
	t.regex(
		(standing as { stands_still: string }).stands_still,
		/^Stands still: north .* for 10 min with sending it/,
	);
});

test('viewers see the event without notes and without anybody’s unsent work', async (t) => {
	const web = await startTestWeb(t);
	const [ada, victor] = [await web.person('editor', 'Ada'), await web.person('viewer', 'Victor')];
	const { id } = await newEvent(web.db, { notes: 'secret' });
	const { seen } = await detail(ada, id);
	await ada.ask('PUT', `/api/events/${id}/draft`, { edit: edit(), seen, previous: null });
	const text = await (await victor.ask('GET', `/api/events/${id}`)).text();
	t.notRegex(text, /secret|By Ada/);
	t.is(
		(await victor.ask('PUT', `/api/events/${id}/draft`, { edit: edit(), seen, previous: null })).status,
		403,
	);
	t.is((await victor.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen })).status, 403);
});

test('a submitted edit stands in the row with all that it says, under the person’s name', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { uploader_whitelist: ['north'] });
	const { seen } = await detail(ada, id);
	const document = edit({ video_chapters: [{ at: at(11), title: ' Hello ' }] });
	const answer = await ada.ask('POST', `/api/events/${id}/submit`, { edit: document, seen });
	t.is(answer.status, 200);
	t.like(await eventRow(web.db, id), {
		state: 'EDITED',
		video_ranges: [
			{ start: at(10), end: at(20) },
			{ start: at(30), end: at(40.5) },
		],
		video_transitions: [{ kind: 'fade', seconds: 1 }],
		video_title: 'Opening',
		video_chapters: [{ at: at(11), title: 'Hello' }],
		tags: ['talk'],
		uploader_whitelist: null,
		allow_holes: true,
		video_unlisted: true,
		thumbnail: { kind: 'frame', at: at(12) },
		editor: 'Ada',
	});
	const story = await web.db
		.selectFrom('event_story')
		.select(['who', 'what'])
		.where('event_id', '=', id)
		.execute();
	t.like(story.at(-1), { who: 'Ada', what: 'UNEDITED → EDITED' });
	t.deepEqual((await detail(ada, id)).edit, {
		...document,
		video_chapters: [{ at: at(11), title: 'Hello' }],
	});
});

test('what came from the sheet meanwhile is told, and nothing is overwritten', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db, { description: 'Opening' });
	const { seen } = await detail(ada, id);
	await web.db
		.updateTable('events')
		.set({ description: 'Welcome', priority: 3 })
		.where('id', '=', id)
		.execute();
	const refused = await ada.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen });
	t.is(refused.status, 409);
	const { error } = await read(refused);
	t.like(error, { changes: [{ fields: [{ field: 'description', from: 'Opening', to: 'Welcome' }] }] });
	t.is((await eventRow(web.db, id)).state, 'UNEDITED');
	const { changes } = await read(await ada.ask('GET', `/api/events/${id}/changes?seen=${seen}`));
	t.deepEqual(changes, error.changes);
	const again = await ada.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen: error.seen });
	t.is(again.status, 200);
});

test('a change that is no matter to an editor does not stand in the way', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	await web.db.updateTable('events').set({ priority: 3 }).where('id', '=', id).execute();
	t.is((await ada.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen })).status, 200);
});

test('of two people who submit the same event one does, and the other is told who', async (t) => {
	const web = await startTestWeb(t);
	const [ada, grace] = [await web.person('editor', 'Ada'), await web.person('editor', 'Grace')];
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	const answers = await Promise.all(
		[ada, grace].map((person) => person.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen })),
	);
	t.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
	const { error } = await read(answers.find(({ status }) => status === 409)!);
	t.regex(error.sentence, /^(Ada|Grace) changed this event since you loaded it/);
});

for (const [what, changes, field, sentence] of [
	['no range', { ranges: [] }, 'ranges', /Nothing is marked yet/],
	[
		'a range without an end',
		{ ranges: [{ start: at(1), end: null, join: null }] },
		'ranges.0.end',
		/Range 1 has no end/,
	],
	[
		'a time that is none',
		{ ranges: [{ start: 'soon', end: null, join: null }] },
		'edit.ranges.0.start',
		/a time is written like/,
	],
] as const) {
	test(`an edit with ${what} is refused at its field`, async (t) => {
		const web = await startTestWeb(t);
		const ada = await web.person('editor');
		const { id } = await newEvent(web.db);
		const { seen } = await detail(ada, id);
		const answer = await ada.ask('POST', `/api/events/${id}/submit`, {
			edit: { ...edit(), ...changes },
			seen,
		});
		t.is(answer.status, 400);
		const { error } = await read(answer);
		t.is(error.field, field);
		t.regex(error.sentence, sentence);
	});
}

test('what the database refuses leaves the row as it was, with a sentence', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor');
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	const long = edit({
		tags: ['new'],
		ranges: [
			{ start: at(1), end: at(2), join: null },
			{ start: at(3), end: at(4), join: { kind: 'fade', seconds: 5 } },
		],
	});
	const answer = await ada.ask('POST', `/api/events/${id}/submit`, { edit: long, seen });
	t.is(answer.status, 409);
	t.regex((await read(answer)).error.sentence, /range 1 lasts 1 s, less than the transitions/);
	t.like(await eventRow(web.db, id), { state: 'UNEDITED', tags: [] });
});

test('a draft is found again, is nobody’s history, and is gone once it is submitted', async (t) => {
	const web = await startTestWeb(t);
	const [ada, grace] = [await web.person('editor', 'Ada'), await web.person('editor', 'Grace')];
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	const half = edit({ ranges: [{ start: at(1), end: null, join: null }] });
	const saved = await read(
		await ada.ask('PUT', `/api/events/${id}/draft`, { edit: half, seen, previous: null }),
	);
	t.like(await detail(ada, id), { draft: { edit: half, saved_at: saved.saved_at }, other_drafts: [], seen });
	t.like(await detail(grace, id), { draft: null, other_drafts: [{ name: 'Ada', edit: half }] });
	const next = await ada.ask('PUT', `/api/events/${id}/draft`, {
		edit: edit(),
		seen,
		previous: saved.saved_at,
	});
	t.is(next.status, 200);
	t.is((await ada.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen })).status, 200);
	t.like(await detail(ada, id), { draft: null });
});

test('a draft of the same person’s other tab is not overwritten', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	await ada.ask('PUT', `/api/events/${id}/draft`, { edit: edit(), seen, previous: null });
	const refused = await ada.ask('PUT', `/api/events/${id}/draft`, {
		edit: edit({ tags: [] }),
		seen,
		previous: null,
	});
	t.is(refused.status, 409);
	t.regex((await read(refused)).error.sentence, /open in another tab/);
	t.is((await ada.ask('DELETE', `/api/events/${id}/draft`)).status, 204);
	t.is((await ada.ask('PUT', `/api/events/${id}/draft`, { edit: edit(), seen, previous: null })).status, 200);
	t.is(
		(await ada.ask('PUT', `/api/events/${crypto.randomUUID()}/draft`, { edit: edit(), seen, previous: null }))
			.status,
		404,
	);
});

test('editors cancel what they submitted, operators what anybody did', async (t) => {
	const web = await startTestWeb(t);
	const [ada, grace, olga] = [
		await web.person('editor', 'Ada'),
		await web.person('editor', 'Grace'),
		await web.person('operator', 'Olga'),
	];
	const { id } = await newEvent(web.db);
	const submit = async () => {
		const { seen } = await detail(ada, id);
		t.is((await ada.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen })).status, 200);
	};
	await submit();
	const refused = await grace.ask('POST', `/api/events/${id}/cancel`, {});
	t.is(refused.status, 403);
	t.regex((await read(refused)).error.sentence, /Ada submitted this/);
	t.is((await ada.ask('POST', `/api/events/${id}/cancel`, { reason: 'wrong talk' })).status, 200);
	t.like(await eventRow(web.db, id), { state: 'UNEDITED', error: 'Cancelled by Ada: wrong talk' });
	await submit();
	t.is((await olga.ask('POST', `/api/events/${id}/cancel`, {})).status, 200);
	t.is((await ada.ask('POST', `/api/events/${id}/cancel`, {})).status, 409);
});

test('a link by hand makes it uploaded, and it can be taken back for another edit', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	const link = (video_link: string) => ada.ask('POST', `/api/events/${id}/manual-link`, { video_link, seen });
	t.is((await link('javascript:alert(1)')).status, 400);
	t.is((await link('https://youtu.be/abc')).status, 200);
	t.like(await eventRow(web.db, id), {
		state: 'UPLOADED',
		uploader: 'manual',
		video_link: 'https://youtu.be/abc',
	});
	t.is((await ada.ask('POST', `/api/events/${id}/cancel`, {})).status, 409);
	t.is((await ada.ask('POST', `/api/events/${id}/re-edit`, {})).status, 200);
	t.like(await eventRow(web.db, id), { state: 'UNEDITED', video_link: null });
	t.is((await ada.ask('POST', `/api/events/${id}/re-edit`, {})).status, 409);
});

test('what is said about an uploaded video changes without a cut, and only that', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const { id } = await newEvent(web.db);
	const { seen } = await detail(ada, id);
	const said = { video_title: 'New', tags: ['new'], thumbnail: { kind: 'none' }, video_unlisted: true };
	t.is((await ada.ask('PATCH', `/api/events/${id}/published`, { edit: said, seen })).status, 409);
	await ada.ask('POST', `/api/events/${id}/manual-link`, { video_link: 'https://youtu.be/abc', seen });
	const now = (await detail(ada, id)).seen;
	t.is((await ada.ask('PATCH', `/api/events/${id}/published`, { edit: said, seen: now })).status, 200);
	t.like(await eventRow(web.db, id), { state: 'UPLOADED', ...said, video_description: '' });
	t.is(
		(await ada.ask('PATCH', `/api/events/${id}/published`, { edit: { ranges: [] }, seen: now })).status,
		400,
	);
});

/** The smallest PNG there is: a head, and no more. */
function png(width: number, height: number): Buffer {
	const bytes = Buffer.alloc(33);
	Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(bytes);
	bytes.writeUInt32BE(width, 16);
	bytes.writeUInt32BE(height, 20);
	return bytes;
}

test('an image for a thumbnail is kept and given back; what is no image, or too large, is refused', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const bring = (body: Buffer, type = 'image/png') =>
		fetch(`${web.url}/api/images`, {
			method: 'POST',
			headers: { cookie: ada.cookie, origin: web.url, 'content-type': type },
			body: new Uint8Array(body),
		});
	const kept = await read(await bring(png(1280, 720)));
	t.like(kept, { width: 1280, height: 720 });
	const back = await ada.ask('GET', `/api/images/${kept.id}`);
	t.is(back.headers.get('content-type'), 'image/png');
	t.deepEqual(Buffer.from(await back.arrayBuffer()), png(1280, 720));
	for (const [body, type, status] of [
		[Buffer.from('<svg/>'), 'image/png', 415],
		[Buffer.from('<svg/>'), 'image/svg+xml', 415],
		[png(9_000, 10), 'image/png', 413],
		[Buffer.alloc(20_000_001), 'image/png', 413],
	] as const) {
		const refused = await bring(body, type);
		t.is(refused.status, status, type);
		t.true((await read(refused)).error.sentence.length > 10);
	}
});

/** Reads a stream of events until it is closed; what came so far is in `events`. */
async function listen(web: { url: string }, person: Person, id: string) {
	const stop = new AbortController();
	const answer = await fetch(`${web.url}/api/events/${id}/live`, {
		headers: { cookie: person.cookie },
		signal: stop.signal,
	});
	const news: { people: { name: string }[]; seen: string; state: string; drafts: { name: string }[] }[] = [];
	const reading = (async () => {
		let text = '';
		for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
			text += chunk;
			const parts = text.split('\n\n');
			text = parts.pop()!;
			for (const part of parts) {
				const match = /^event: news\ndata: (.*)$/m.exec(part);
				if (match) news.push(JSON.parse(match[1]!));
			}
		}
	})().catch(() => undefined);
	return {
		news,
		leave: async () => {
			stop.abort();
			await reading;
		},
	};
}

test('two people who have one event open see each other, each other’s drafts, and every change', async (t) => {
	const web = await startTestWeb(t);
	const [ada, grace] = [await web.person('editor', 'Ada'), await web.person('editor', 'Grace')];
	const { id } = await newEvent(web.db);
	const page = await listen(web, ada, id);
	const names = () =>
		page.news
			.at(-1)
			?.people.map(({ name }) => name)
			.sort()
			.join();
	await until(() => names() === 'Ada');
	const other = await listen(web, grace, id);
	await until(() => names() === 'Ada,Grace');
	const { seen } = await detail(grace, id);
	await grace.ask('PUT', `/api/events/${id}/draft`, { edit: edit(), seen, previous: null });
	await until(() => page.news.at(-1)!.drafts.some(({ name }) => name === 'Grace'));
	await grace.ask('POST', `/api/events/${id}/submit`, { edit: edit(), seen });
	await until(() => page.news.at(-1)!.state === 'EDITED' && page.news.at(-1)!.seen !== seen);
	await other.leave();
	await until(() => names() === 'Ada');
	await page.leave();
	await until(async () => (await web.db.selectFrom('open_events').selectAll().execute()).length === 0);
	t.pass();
});
