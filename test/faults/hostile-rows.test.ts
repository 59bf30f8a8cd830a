import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { sheets } from 'googleapis/build/src/apis/sheets/index.js';
import type { EditDocument } from '../../services/web/editor/edit-schema.ts';
import { httpWorld, s3World, youtubeWorld } from '../cutter/upload/worlds.ts';
import { createDatabase } from '../support/database.ts';
import { recordTestStream, temporaryFolder } from '../support/recording.ts';
import { answers, freePorts, startService, writeConfig } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { signIn } from '../support/web.ts';
import { ALL, longTest } from './extent.ts';
import { CONTROL, hostileCells, kept } from './hostile-texts.ts';

// Hostile cells on their whole way, through real processes: local sheet → sheet-sync → Postgres → the editor's API → cutter →
// each kind of location → the link back in the sheet. Texts stay what they are, and do nothing.

const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');
const START = new Date('2026-05-01T12:00:00.000Z');
const END = new Date(START.getTime() + 2_000);
const PATIENCE_SECONDS = 300;
/** The short form cuts every third text; all of them go through the sheet. */
const isCut = (index: number) => ALL || index % 3 === 1;
const COLUMNS = [
	'Start',
	'Category',
	'Description',
	'Notes',
	'Tags',
	'State',
	'Video',
	'Error',
	'ID',
	'<b>=1+1</b>',
];
const WORKSHEET = 'It’s \'the\' "day" <b>1</b> ../$(x) =A1';
const LOCATIONS = ['folder', 'archive', 'dav', 'store', 'channel'];

longTest('hostile cells go their whole way as the text that they are', async (t) => {
	t.timeout(30 * 60_000);
	const folder = await temporaryFolder(t);
	const marker = path.join(folder, 'owned');
	const texts = hostileCells(marker);
	const [videos, archive, spoolFolder] = ['videos', 'archive', 'spool'].map((name) =>
		path.join(folder, name),
	);
	await Promise.all([videos!, archive!, spoolFolder!].map((one) => mkdir(one)));
	const [{ url, db }, dav, store, channel] = await Promise.all([
		createDatabase(t),
		httpWorld(t),
		s3World(t),
		youtubeWorld(t),
	]);
	const segments = await recordTestStream(path.join(folder, 'segments'), START, 2);
	const [sheetPort, webPort] = await freePorts(2);
	const config = await writeConfig(folder, 'all', {
		database: { url },
		sheet: { pollSeconds: 0.5, readsPerMinute: 600, writesPerMinute: 600 },
		localSheet: { port: sheetPort },
		web: { port: webPort },
		cutter: {
			...{ node: 'north', segments, spoolFolder, stateFolder: path.join(folder, 'state'), pollSeconds: 0.5 },
			locations: {
				folder: { kind: 'local', path: videos, urlPrefix: 'https://videos.example/', container: 'mp4' },
				archive: { kind: 'local', path: archive, mode: 'archive' },
				dav: dav.world.config,
				store: store.world.config,
				channel: channel.world.config,
			},
			defaultLocation: 'folder',
		},
	});
	const services = ['local-sheet', 'sheet-sync', 'web', 'cutter'].map((name) =>
		startService(t, [name, '--config', config], { CUTSHEET_LOG_LEVEL: 'debug' }),
	);
	await answers(`http://127.0.0.1:${sheetPort}/v4/spreadsheets/cutsheet`, [200], services[0]!);
	await answers(`http://127.0.0.1:${webPort}/sign-in`, [200], services[2]!);

	// People write: each row one text, in all columns that take one.
	const api = sheets({ version: 'v4', rootUrl: `http://127.0.0.1:${sheetPort}/`, retry: false });
	const spreadsheetId = 'cutsheet';
	const properties = {
		sheetId: 7,
		title: WORKSHEET,
		gridProperties: { rowCount: 1 + texts.length, columnCount: COLUMNS.length },
	};
	await api.spreadsheets.batchUpdate({
		spreadsheetId,
		requestBody: { requests: [{ addSheet: { properties } }] },
	});
	const range = `'${WORKSHEET.replaceAll("'", "''")}'`;
	const written = texts.map((text) => [
		START.toISOString(),
		text,
		text,
		text,
		text.slice(0, 150),
		'',
		'',
		'',
		'',
		text,
	]);
	await api.spreadsheets.values.update({
		...{ spreadsheetId, range, valueInputOption: 'RAW' },
		requestBody: { values: [COLUMNS, ...written] },
	});
	const rows = async () => {
		const { data } = await api.spreadsheets.values.get({ spreadsheetId, range });
		return (data.values ?? []).slice(1) as string[][];
	};
	const empty = texts.filter((text) => kept(text).trim() === '').length;
	t.is(empty, 0);
	await until(async () => (await rows()).every((row) => row[5] === 'UNEDITED'), PATIENCE_SECONDS);
	const events = await db.selectFrom('events').selectAll().execute();
	t.is(events.length, texts.length);
	const ids = (await rows()).map((row) => row[8]!);
	for (const [index, text] of texts.entries()) {
		const event = events.find(({ id }) => id === ids[index])!;
		const expected = kept(text);
		t.deepEqual(
			[event.category, event.description, event.notes],
			[expected, expected, expected],
			JSON.stringify(text.slice(0, 80)),
		);
		t.is(event.sheet_name, WORKSHEET);
		for (const tag of event.tags) t.true(kept(text.slice(0, 150)).includes(tag), tag);
	}

	// Editors submit, with the text as title and description; each kind of location gets its part.
	const ada = await signIn(db, `http://127.0.0.1:${webPort}`, 'editor', 'Ada');
	const refusals: string[] = [];
	const submitted = new Map<string, { title: string; location: string }>();
	const submit = async (id: string, title: string, location: string) => {
		const detail = await ada.ask('GET', `/api/events/${id}`);
		t.regex(detail.headers.get('content-type') ?? '', /^application\/json/);
		const { edit, seen } = (await detail.json()) as { edit: EditDocument; seen: string };
		const asked = {
			...edit,
			...{ video_title: title, video_description: title, upload_location: location },
			ranges: [{ start: START.toISOString(), end: END.toISOString(), join: null }],
			video_chapters: [
				{
					at: START.toISOString(),
					title: `At ${title}`
						.replace(/[\p{C}\s]+/gu, ' ')
						.slice(0, 190)
						.toWellFormed(),
				},
			],
		};
		const answer = await ada.ask('POST', `/api/events/${id}/submit`, { edit: asked, seen });
		if (answer.status === 200) {
			submitted.set(id, { title, location });
			return;
		}
		const { error } = (await answer.json()) as { error: { sentence: string } };
		t.true(answer.status < 500, error.sentence);
		refusals.push(error.sentence);
		t.is(location, 'channel', error.sentence);
		// What YouTube does not take is said; what it takes is taken.
		const shorter = `${[...title.replace(/[<>]/g, '')].slice(0, 90).join('').toWellFormed()}.`;
		await submit(id, shorter, location);
	};
	await until(
		async () => (await db.selectFrom('locations').selectAll().execute()).length >= LOCATIONS.length,
		PATIENCE_SECONDS,
	);
	const rounds = ALL ? LOCATIONS.length : 1;
	for (let round = 0; round < rounds; round++) {
		if (round > 0) {
			await db.updateTable('events').set({ state: 'UNEDITED' }).execute();
			submitted.clear();
		}
		for (const [index, text] of texts.entries()) {
			if (!isCut(index)) continue;
			await submit(
				ids[index]!,
				kept(text),
				LOCATIONS[(Math.floor(index / 3) + 3 + round) % LOCATIONS.length]!,
			);
		}
		const asked = [...submitted.keys()];
		const left = () =>
			db
				.selectFrom('events')
				.select(['id', 'state', 'error', 'attempts', 'upload_location'])
				.where('id', 'in', asked)
				.where('state', '<>', 'UPLOADED')
				.execute();
		await until(async () => {
			const waiting = await left();
			t.deepEqual(
				waiting.filter(({ state }) => state === 'UNEDITED'),
				[],
			);
			return waiting.length === 0;
		}, PATIENCE_SECONDS).catch(async (error) => {
			t.log(await left(), services[3]!.log().slice(-2_000));
			throw error;
		});
	}
	t.true(refusals.length > 0);
	for (const sentence of refusals) t.regex(sentence, /upload location "channel" takes/);

	// Each link names a file of its location, and each location holds these files and no others.
	const uploaded = await db.selectFrom('events').selectAll().where('state', '=', 'UPLOADED').execute();
	const linked: Record<string, string[]> = Object.fromEntries(LOCATIONS.map((name) => [name, []]));
	for (const { id, video_link, video_id } of uploaded) {
		const { location, title } = submitted.get(id)!;
		linked[location]!.push(video_id!);
		if (location === 'channel') {
			const { snippet } = channel.server.videos.get(video_id!)!;
			t.is(snippet.title, title);
			continue;
		}
		const name = video_id!.replace(/^talks\//, '');
		t.regex(name, /^[^./\\\p{C}\s-][^/\\\p{C}]*$/u);
		t.true(Buffer.byteLength(name) <= 255, name);
		const link = new URL(video_link!);
		t.is(
			location === 'archive'
				? path.basename(fileURLToPath(link))
				: decodeURIComponent(link.pathname.split('/').at(-1)!),
			name,
		);
	}
	const visible = async (one: string) =>
		(await readdir(one)).filter((name) => !name.startsWith('.')).toSorted();
	if (!ALL) {
		t.deepEqual(await visible(videos!), linked.folder!.toSorted());
		t.deepEqual(await visible(archive!), linked.archive!.toSorted());
		for (const [name, { world }] of [
			['dav', dav],
			['store', store],
			['channel', channel],
		] as const)
			t.deepEqual(
				(await world.published()).map(({ videoId }) => videoId).toSorted(),
				linked[name]!.toSorted(),
			);
	}
	await until(async () => (await readdir(spoolFolder!)).length === 0);
	for (const { server } of [dav, store, channel]) t.deepEqual(server.complaints, []);

	// The sheet says what came of each row, and what people wrote stands there as they wrote it.
	await until(async () => {
		const shown = await rows();
		return shown.every((row, index) => !isCut(index) || (row[5] === 'UPLOADED' && row[6] !== ''));
	}, PATIENCE_SECONDS);
	for (const [index, row] of (await rows()).entries()) {
		const event = uploaded.find(({ id }) => id === row[8]);
		t.is(row[6], event?.video_link ?? '');
		const expected = kept(texts[index]!);
		t.deepEqual([row[1], row[2], row[3], row[9]], [expected, expected, expected, expected]);
	}
	const exported = async (what: string) => {
		const answer = await fetch(`http://127.0.0.1:${sheetPort}/page/spreadsheets/cutsheet/${what}`);
		t.is(answer.status, 200);
		return Buffer.from(await answer.arrayBuffer());
	};
	const csv = (await exported('export.csv?sheetId=7')).toString();
	t.notRegex(csv, /(?:^|[,\n"])[=+@\t](?!")/m);
	const xlsx = unzipSync(await exported('export.xlsx'));
	for (const [name, part] of Object.entries(xlsx)) {
		const xml = Buffer.from(part).toString();
		t.notRegex(xml, /<f>|<f /, name);
		// Characters that XML 1.0 does not have make a program refuse the whole file.
		t.notRegex(xml.replaceAll(/[\t\n\r]/g, ''), /[[\p{Cc}--[\x7f-\x9f]]\ufffe\uffff]/v, name);
	}

	// Nobody's shell, terminal or template did anything with it.
	t.false(existsSync(marker));
	for (const words of [['status'], ['status', '--json'], ['sheet-check']]) {
		const { stdout, stderr } = spawnSync(PROGRAM, [...words, '--config', config], { encoding: 'utf8' });
		t.notRegex((stdout + stderr).replaceAll('\n', ''), CONTROL, words.join(' '));
	}
	for (const service of services) {
		const lines = service.log().trim().split('\n');
		for (const line of lines) {
			t.notRegex(line, CONTROL);
			t.notThrows(() => JSON.parse(line), line);
		}
		t.is(await service.stop(), 0);
	}
});
