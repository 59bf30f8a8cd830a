import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { VideoText } from '../../../cutter/upload/location.ts';
import { QuotaError, UploadError } from '../../../cutter/upload/location.ts';
import { lastChunkStart, openYoutubeLocation } from '../../../cutter/upload/youtube.ts';
import { processingOf, secondsToPacificMidnight } from '../../../cutter/upload/youtube-problem.ts';
import { fittingTags } from '../../../cutter/upload/youtube-text.ts';
import { apiError } from '../../support/youtube-server.ts';
import { BRIEF, folderOf, youtubeWorld } from './worlds.ts';

const VIDEO = { title: 'Opening "talk" & größe', description: 'Line\nline' };
const never = new AbortController().signal;
const CHUNK_UNIT = 256 * 1024;

async function fileOf(t: ExecutionContext, bytes: Buffer): Promise<string> {
	const file = join(await folderOf(t), 'video.ts');
	await writeFile(file, bytes);
	return file;
}

async function sent(t: ExecutionContext, bytes = randomBytes(CHUNK_UNIT * 2 + 5), video: VideoText = VIDEO) {
	const { world, server } = await youtubeWorld(t);
	const location = await world.open();
	const file = await fileOf(t, bytes);
	const session = await location.begin(video);
	await location.send(session, file, never);
	const commit = () => location.commit(session, video, file);
	return { world, server, location, file, bytes, session, commit };
}

test('the last chunk holds at least a byte and begins at a multiple of 256 KiB', (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (size) => {
			const start = lastChunkStart(size);
			t.is(start % CHUNK_UNIT, 0);
			t.true(size - start >= 1 && size - start <= CHUNK_UNIT);
		}),
	);
});

for (const size of [1, CHUNK_UNIT - 1, CHUNK_UNIT, CHUNK_UNIT + 1, 140 * CHUNK_UNIT]) {
	test(`a video of ${size} bytes arrives whole, all of it but the last chunk before the commit`, async (t) => {
		const { server, bytes, commit } = await sent(t, randomBytes(size));
		const [session] = server.sessions.values();
		t.is(session!.received, lastChunkStart(size));
		const { videoId, link } = await commit();
		t.is(link, `https://youtu.be/${videoId}`);
		t.true(bytes.equals(server.videos.get(videoId)!.body));
		t.deepEqual(server.complaints, []);
	});
}

test('title, description, category, tags and privacy are told as configured', async (t) => {
	const { server } = await youtubeWorld(t);
	const credentials = join(await folderOf(t), 'c.json');
	const secrets = { client_id: 'a', client_secret: 'b', refresh_token: server.refreshToken };
	await writeFile(credentials, JSON.stringify({ ...secrets, token_uri: `${server.url}token` }));
	const location = await openYoutubeLocation(
		'main',
		{
			kind: 'youtube',
			credentials,
			endpoint: server.url,
			privacy: 'unlisted',
			category: '28',
			tags: ['talk'],
			madeForKids: true,
		},
		BRIEF,
	);
	await location.begin(VIDEO);
	const [session] = server.sessions.values();
	t.deepEqual(session!.metadata, {
		snippet: { ...VIDEO, categoryId: '28', tags: ['talk'] },
		status: { privacyStatus: 'unlisted', selfDeclaredMadeForKids: true },
	});
	t.deepEqual(location.limits, {
		title_max_characters: 100,
		description_max_bytes: 5000,
		forbidden_characters: '<>',
	});
});

test('sending goes on where the session stands, even when it keeps only a little of each chunk', async (t) => {
	const { world, server } = await youtubeWorld(t);
	const location = await world.open();
	const bytes = randomBytes(CHUNK_UNIT * 6 + 17);
	const file = await fileOf(t, bytes);
	const session = await location.begin(VIDEO);
	server.keepAtMost = CHUNK_UNIT;
	await location.send(session, file, never);
	const { videoId } = await location.commit(session, VIDEO, file);
	t.true(bytes.equals(server.videos.get(videoId)!.body));
});

test('a session that takes nothing any more is given up', async (t) => {
	const { world, server } = await youtubeWorld(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	server.keepAtMost = 0;
	await t.throwsAsync(location.send(session, await fileOf(t, randomBytes(CHUNK_UNIT * 2)), never), {
		message: /does not take the video beyond 0 bytes\./,
	});
});

test('a forgotten session is unknown, with a sentence that says what to do, whether it was finished or not', async (t) => {
	for (const finished of [true, false]) {
		const { server, location, session, commit } = await sent(t);
		if (finished) await commit();
		server.forgetSessions();
		const resolution = await location.resolve(session, VIDEO);
		t.is(resolution.outcome, 'unknown');
		t.regex(
			(resolution as { reason: string }).reason,
			/has forgotten the upload of "Opening .*cannot tell whether/,
		);
		t.regex(
			(resolution as { reason: string }).reason,
			/set the row's state to UPLOADED and its video_link; if not,/,
		);
	}
});

test('an open session that cannot be cancelled is unknown, and committed once it is finished', async (t) => {
	const { server, location, session, commit } = await sent(t);
	server.cancels = false;
	const resolution = await location.resolve(session, VIDEO);
	t.is(resolution.outcome, 'unknown');
	t.regex((resolution as { reason: string }).reason, /holds the upload of "Opening .* open, without its end/);
	const publication = await commit();
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'committed', publication });
});

const QUOTAS: [string, number, (seconds: number) => boolean][] = [
	['quotaExceeded', 403, (seconds) => seconds >= 60 && seconds <= 86_400],
	['uploadLimitExceeded', 400, (seconds) => seconds === 3600],
	['rateLimitExceeded', 403, (seconds) => seconds === 60],
	['anything', 429, (seconds) => seconds === 60],
];
for (const [reason, status, fits] of QUOTAS) {
	test(`${status} ${reason} is a quota, and says for how long to wait`, async (t) => {
		const { world, server } = await youtubeWorld(t);
		server.refuseBegin = apiError(status, reason);
		const error = await t.throwsAsync((await world.open()).begin(VIDEO), { instanceOf: QuotaError });
		t.true(fits(error!.retryAfterSeconds), String(error!.retryAfterSeconds));
	});
}

test('other refusals are no quota', async (t) => {
	const { world, server } = await youtubeWorld(t);
	server.refuseBegin = apiError(401, 'youtubeSignupRequired');
	const error = await t.throwsAsync((await world.open()).begin(VIDEO), { instanceOf: UploadError });
	t.false(error instanceof QuotaError);
	t.regex(error!.message, /our credentials are refused\. Authorize again\./);
	server.refuseBegin = apiError(400, 'invalidTitle');
	await t.throwsAsync((await world.open()).begin(VIDEO), {
		message: /it refuses the title \(invalidTitle\)\./,
	});
});

test('quotas come back at midnight in California, summer and winter', (t) => {
	t.is(secondsToPacificMidnight(new Date('2026-07-01T06:00:00Z')), 3600);
	t.is(secondsToPacificMidnight(new Date('2026-01-01T07:00:00Z')), 3600);
	t.is(secondsToPacificMidnight(new Date('2026-07-01T07:00:00Z')), 86_400);
	t.is(secondsToPacificMidnight(new Date('2026-07-01T06:59:59Z')), 60);
});

test('no error shows a token, a secret, or the session URI', async (t) => {
	const { world, server } = await youtubeWorld(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	const file = await fileOf(t, randomBytes(10));
	const uploadId = new URL(String(session.sessionUri)).searchParams.get('upload_id')!;
	const errors: unknown[] = [];
	const keep = (error: unknown) => errors.push(error);
	server.fault = () => ({ when: 'before', how: 'cut' });
	await location.send(session, file, never).catch(keep);
	await location.commit(session, VIDEO, file).catch(keep);
	await location.update!('x', VIDEO).catch(keep);
	errors.push(await location.resolve(session, VIDEO));
	server.fault = (_, { path }) =>
		path === '/token' ? undefined : { when: 'before', how: 'answer', answer: apiError(403, 'forbidden') };
	await location.commit(session, VIDEO, file).catch(keep);
	await location.update!('x', VIDEO).catch(keep);
	server.fault = () => undefined;
	server.refreshToken = 'another';
	await (await world.open()).begin(VIDEO).catch(keep);
	t.is(errors.length, 7);
	const all = inspect(errors, { depth: 10, showHidden: true });
	for (const secret of [uploadId, 'refresh-token', 'access-', 'client_secret'])
		t.false(all.includes(secret), secret);
	t.regex(all, /credentials were revoked or are wrong/);
});

test('our token goes to YouTube only, whatever the row says', async (t) => {
	const { location, session, file } = await sent(t);
	for (const sessionUri of [
		'https://evil.example/upload',
		'https://evilgoogleapis.com/',
		'http://www.googleapis.com/',
		7,
		'',
	]) {
		const evil = { ...session, sessionUri };
		await t.throwsAsync(location.commit(evil, VIDEO, file), { message: /is not one of YouTube\./ });
		t.is((await location.resolve(evil, VIDEO)).outcome, 'unknown');
	}
});

for (const [text, message] of [
	['not json', /are not JSON\./],
	['null', /must hold client_id, client_secret and refresh_token/],
	['{"client_id": "x", "client_secret": "hunter2"}', /must hold client_id, client_secret and refresh_token/],
] as const) {
	test(`credentials like ${text.slice(0, 10)}… are refused without quoting them`, async (t) => {
		const credentials = join(await folderOf(t), 'c.json');
		await writeFile(credentials, text);
		const error = await t.throwsAsync(openYoutubeLocation('main', { kind: 'youtube', credentials }), {
			message,
		});
		t.notRegex(error!.message, /hunter2/);
	});
}

test('title and description of a published video are changed, and what else was set stays', async (t) => {
	const { server, location, commit } = await sent(t);
	const { videoId } = await commit();
	server.videos.get(videoId)!.snippet.tags = ['by hand'];
	await location.update!(videoId, { title: 'New', description: 'text' });
	t.deepEqual(server.videos.get(videoId)!.snippet, {
		title: 'New',
		description: 'text',
		categoryId: '22',
		tags: ['by hand'],
	});
	await t.throwsAsync(location.update!('nothing', VIDEO), {
		message: /does not have the video nothing any more/,
	});
});

test('a row’s tags join those of the location, and its wish to be unlisted wins', async (t) => {
	const told = { ...VIDEO, tags: ['a talk', 'ada'], unlisted: true };
	const { server, location, commit } = await sent(t, randomBytes(5), told);
	const { videoId } = await commit();
	const video = server.videos.get(videoId)!;
	const privacy = () => server.videos.get(videoId)!.status!.privacyStatus;
	t.deepEqual(video.snippet.tags, ['a talk', 'ada']);
	t.is(privacy(), 'unlisted');
	video.snippet.tags = ['by hand', 'a talk', 'ada'];
	await location.update!(videoId, { ...VIDEO, tags: ['grace'], unlisted: true }, told);
	t.deepEqual(video.snippet.tags, ['by hand', 'grace']);
	video.status!.privacyStatus = 'public';
	await location.update!(
		videoId,
		{ ...VIDEO, tags: ['grace'], unlisted: true },
		{ ...told, tags: ['grace'] },
	);
	t.is(privacy(), 'public');
	await location.update!(
		videoId,
		{ ...VIDEO, tags: ['grace'], unlisted: false },
		{ ...told, tags: ['grace'] },
	);
	t.is(privacy(), 'private');
	t.false(server.videos.get(videoId)!.status!.selfDeclaredMadeForKids);
});

test('more tags than YouTube takes are left out from the end', (t) => {
	t.deepEqual(fittingTags(['a', ' a ', '', '<b>']), ['a', 'b']);
	t.deepEqual(fittingTags(['x'.repeat(250), 'y'.repeat(249), 'z']), ['x'.repeat(250), 'y'.repeat(249)]);
	t.deepEqual(fittingTags(['x'.repeat(250), `${'y'.repeat(247)} `]).length, 2);
	t.deepEqual(fittingTags(['x'.repeat(250), `${'y'.repeat(123)} ${'y'.repeat(124)}`]).length, 1);
});

test('a published video is given its thumbnail, unless that is too large', async (t) => {
	const { server, location, commit } = await sent(t);
	const { videoId } = await commit();
	const picture = randomBytes(1000);
	await location.setThumbnail!(videoId, await fileOf(t, picture));
	t.true(picture.equals(server.videos.get(videoId)!.thumbnail!));
	await t.throwsAsync(location.setThumbnail!(videoId, await fileOf(t, randomBytes(2 ** 21 + 1))), {
		message: /takes thumbnails of up to 2 MiB/,
	});
});

test('the processing of a published video is told: under way, done, failed, rejected, gone', async (t) => {
	const { server, location, commit } = await sent(t);
	const { videoId } = await commit();
	const video = server.videos.get(videoId)!;
	t.deepEqual(await location.processing!(videoId), { state: 'processing' });
	video.processing = { uploadStatus: 'processed' };
	t.deepEqual(await location.processing!(videoId), { state: 'processed' });
	video.processing = { uploadStatus: 'failed', failureReason: 'codec' };
	const codec = 'YouTube could not process the video: it uses a codec that YouTube does not know.';
	t.deepEqual(await location.processing!(videoId), { state: 'rejected', reason: codec });
	video.processing = { uploadStatus: 'rejected', rejectionReason: 'length' };
	const length = 'YouTube rejected the video because it is longer than the channel may upload.';
	t.deepEqual(await location.processing!(videoId), { state: 'rejected', reason: length });
	server.videos.delete(videoId);
	const gone = 'YouTube does not have this video any more.';
	t.deepEqual(await location.processing!(videoId), { state: 'rejected', reason: gone });
	const unheard = 'YouTube rejected the video because it says unheard-of.';
	const status = { uploadStatus: 'rejected', rejectionReason: 'unheard-of' };
	t.deepEqual(processingOf(status), { state: 'rejected', reason: unheard });
});
