import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { UploadError } from '../../../cutter/upload/location.ts';
import { openS3Location } from '../../../cutter/upload/s3.ts';
import { planParts } from '../../../cutter/upload/s3-parts.ts';
import { failure } from '../../support/s3-server.ts';
import { BRIEF, folderOf, s3World } from './worlds.ts';

const VIDEO = { title: 'Opening', description: '' };
const never = new AbortController().signal;
const MEBIBYTE = 2 ** 20;

async function fileOf(t: ExecutionContext, bytes: Buffer | string): Promise<string> {
	const file = join(await folderOf(t), 'video.ts');
	await writeFile(file, bytes);
	return file;
}

test('parts cover the file without gap, within the limits of S3, the same each time', (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 50 * 2 ** 40 }), (size) => {
			const parts = planParts(size);
			t.true(parts.length <= 10_000);
			t.is(parts.at(-1)!.end, size);
			for (const [index, part] of parts.entries()) {
				t.is(part.number, index + 1);
				t.is(part.start, parts[index - 1]?.end ?? 0);
				if (index < parts.length - 1) t.true(part.end - part.start >= 16 * MEBIBYTE);
			}
		}),
		{ numRuns: 20 },
	);
});

test('a long video goes in parts, arrives whole, and after an interruption only what is missing is sent', async (t) => {
	const { world, server } = await s3World(t);
	server.pageSize = 2;
	const location = await world.open({ ...BRIEF, tries: 1 });
	const bytes = randomBytes(70 * MEBIBYTE);
	const file = await fileOf(t, bytes);
	const session = await location.begin(VIDEO);
	server.fault = (_, { query }) =>
		query.get('partNumber') === '4' ? { when: 'before', how: 'cut' } : undefined;
	await t.throwsAsync(location.send(session, file, never), { instanceOf: UploadError });
	server.fault = () => undefined;
	const [upload] = server.uploads.values();
	const there = [...upload!.parts.keys()];
	t.false(there.includes(4));
	const before = server.exchanges.length;
	await location.send(session, file, never);
	const puts = server.exchanges.slice(before).filter((exchange) => exchange.startsWith('PUT'));
	t.is(puts.length, 5 - there.length);
	const { videoId } = await location.commit(session, VIDEO, file);
	t.true(bytes.equals(server.objects.get(videoId)!.body));
});

test('a title becomes one key under the prefix and an escaped link, whatever is in it', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	const file = await fileOf(t, 'bytes');
	const video = { title: '../..//<Key>&amp;?x=1#y %2e\r\nx-amz-acl: public größe', description: '' };
	const session = await location.begin(video);
	await location.send(session, file, never);
	const { link, videoId } = await location.commit(session, video, file);
	t.regex(videoId, /^talks\/Key &amp x 1 y 2e x-amz-acl public größe [0-9a-f]{8}\.ts$/);
	t.is(link, `${server.url}videos/talks/${encodeURIComponent(videoId.slice('talks/'.length))}`);
	t.is(server.objects.get(videoId)!.headers['x-amz-meta-cutsheet-attempt'], session.attempt);
	t.deepEqual(server.complaints, []);
});

test('an error inside a 200 is no publication', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	const file = await fileOf(t, 'bytes');
	const session = await location.begin(VIDEO);
	await location.send(session, file, never);
	const answer = failure(200, 'InternalError');
	server.fault = (_, { method }) =>
		method === 'POST' ? { when: 'before', how: 'answer', answer } : undefined;
	await t.throwsAsync(location.commit(session, VIDEO, file), {
		message: /the store failed \(InternalError\)/,
	});
	t.deepEqual(await world.published(), []);
	server.fault = () => undefined;
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'absent' });
});

test('an object that another attempt made under our key is not taken for ours', async (t) => {
	const { world } = await s3World(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	await world.occupy!(session);
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'absent' });
});

test('a store without conditional writes is published to, and nothing there is overwritten', async (t) => {
	const { world, server } = await s3World(t);
	server.knowsConditions = false;
	const location = await world.open();
	const file = await fileOf(t, 'bytes');
	const session = await location.begin(VIDEO);
	await location.send(session, file, never);
	const second = await location.begin(VIDEO);
	await location.send(second, file, never);
	t.truthy((await location.commit(session, VIDEO, file)).link);
	await world.occupy!(second);
	await t.throwsAsync(location.commit(second, VIDEO, file), {
		message: /already has an object .* never overwritten/,
	});
});

test('a store that says NoSuchKey of a forgotten upload is understood', async (t) => {
	const { world, server } = await s3World(t);
	server.goneCode = 'NoSuchKey';
	const location = await world.open();
	const file = await fileOf(t, 'bytes');
	const session = await location.begin(VIDEO);
	await location.send(session, file, never);
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'absent' });
	await t.throwsAsync(location.commit(session, VIDEO, file), { message: /no longer knows the upload/ });
});

test('a video of which parts are missing is not published', async (t) => {
	const { world } = await s3World(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	await location.send(session, await fileOf(t, 'bytes'), never);
	await t.throwsAsync(location.commit(session, VIDEO, await fileOf(t, 'more bytes')), {
		message: /has 5 bytes of a video of 10 bytes\./,
	});
});

test('what only a person can mend says so', async (t) => {
	const { world, server } = await s3World(t);
	const folder = await folderOf(t);
	const passwordFile = join(folder, 'keys');
	const config = { kind: 's3', bucket: 'videos', endpoint: server.url, passwordFile } as const;
	const begin = async (more: object) =>
		(await openS3Location('main', { ...config, ...more }, BRIEF)).begin(VIDEO);
	await t.throwsAsync(begin({}), { message: /credentials of upload location "main" cannot be read/ });
	await writeFile(passwordFile, 'only-one-word');
	await t.throwsAsync(begin({}), { message: /must hold one line ACCESS_KEY_ID:SECRET_ACCESS_KEY/ });
	await writeFile(passwordFile, `${server.accessKey}:wrong`);
	const wrong = await t.throwsAsync(begin({}), {
		message: /our secret key is wrong\. Correct the credentials\./,
	});
	t.deepEqual(Object.keys(wrong!), []);
	await writeFile(passwordFile, `${server.accessKey}:${server.secretKey}`);
	await t.throwsAsync(begin({ bucket: 'nowhere' }), { message: /there is no such bucket\. Create it/ });
	await t.throwsAsync(begin({ endpoint: 'http://127.0.0.1:1/' }), { message: /no answer: .*ECONNREFUSED/ });
	t.truthy(await (await world.open()).begin(VIDEO));
});

test('without an endpoint links are those of Amazon, and nothing is asked before it is needed', async (t) => {
	const location = await openS3Location('main', { kind: 's3', bucket: 'videos', region: 'eu-central-1' });
	t.deepEqual([location.kind, location.limits], ['s3', {}]);
	t.is(location.spoolFile({ kind: 's3', attempt: '', identity: '' }), undefined);
});

test('a thumbnail lies beside its video', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	await location.setThumbnail!('talks/Opening 12345678.ts', await fileOf(t, 'picture'));
	const picture = server.objects.get('talks/Opening 12345678.jpg')!;
	t.deepEqual([picture.body.toString(), picture.headers['content-type']], ['picture', 'image/jpeg']);
	await t.throwsAsync(location.setThumbnail!('elsewhere/x.ts', await fileOf(t, 'picture')), {
		instanceOf: UploadError,
	});
});

test('a session of another prefix is refused', async (t) => {
	const { world } = await s3World(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	for (const more of [{ key: 'private/x.ts' }, { key: 7 }, { uploadId: '' }]) {
		await t.throwsAsync(location.resolve({ ...session, ...more }, VIDEO), { instanceOf: UploadError });
	}
});

test('a video that the store shows only some time after it was published is not taken for absent', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	const file = await fileOf(t, 'video');
	const session = await location.begin(VIDEO);
	await location.send(session, file, never);
	const publication = await location.commit(session, VIDEO, file);
	let looks = 0;
	server.fault = (_, { method, path }) =>
		method === 'HEAD' && path.endsWith('.ts') && ++looks <= 3
			? { when: 'before', how: 'answer', answer: failure(404, 'NoSuchKey', method) }
			: undefined;
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'committed', publication });
});

test('an upload that was still open when it was aborted is absent at the first look', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	await location.send(session, await fileOf(t, 'video'), never);
	t.deepEqual(await location.resolve(session, VIDEO), { outcome: 'absent' });
	t.is(server.exchanges.filter((exchange) => exchange.startsWith('HEAD')).length, 1);
});

test('a store that does not show yet what was written to it is not uploaded to', async (t) => {
	const { world, server } = await s3World(t);
	const location = await world.open();
	server.fault = (_, { method }) =>
		method === 'GET' ? { when: 'before', how: 'answer', answer: failure(404, 'NoSuchKey') } : undefined;
	await t.throwsAsync(location.begin(VIDEO), { message: /does not show yet what is written to it/ });
});
