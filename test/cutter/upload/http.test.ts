import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openHttpLocation } from '../../../cutter/upload/http.ts';
import { QuotaError, UploadError } from '../../../cutter/upload/location.ts';
import type { FakeAnswer } from '../../support/faulty-server.ts';
import { BRIEF, folderOf, httpWorld } from './worlds.ts';

const VIDEO = { title: 'Opening', description: '' };
const never = new AbortController().signal;

async function published(t: ExecutionContext, title: string) {
	const { world, server } = await httpWorld(t);
	const location = await world.open();
	const file = join(await folderOf(t), 'video.ts');
	await writeFile(file, 'bytes');
	const session = await location.begin({ title, description: '' });
	await location.send(session, file, never);
	return { world, server, location, session, publication: await location.commit(session, VIDEO, file) };
}

test('a title becomes one name in the folder and an escaped link, whatever is in it', async (t) => {
	const title = '../../etc/passwd?x=1#y %2e%2e\r\nOverwrite: T\u0000 größe';
	const { server, publication } = await published(t, title);
	const [name] = [...server.files.keys()].filter((file) => !file.startsWith('.'));
	t.regex(name!, /^etc passwd x 1 y 2e 2e Overwrite T größe [0-9a-f]{8}\.ts$/);
	t.is(publication.link, server.folder + encodeURIComponent(name!));
	t.deepEqual(server.complaints, []);
});

test('links begin with the configured prefix, and names end as the container does', async (t) => {
	const { server } = await httpWorld(t);
	server.authorization = undefined;
	const location = await openHttpLocation('main', {
		kind: 'http',
		url: server.folder.replace(/\/$/, ''),
		urlPrefix: 'https://v.example/',
		container: 'mp4',
	});
	const file = join(await folderOf(t), 'video.mp4');
	await writeFile(file, 'bytes');
	const session = await location.begin(VIDEO);
	await location.send(session, file, never);
	const { link, videoId } = await location.commit(session, VIDEO, file);
	t.regex(link, /^https:\/\/v\.example\/Opening%20[0-9a-f]{8}\.mp4$/);
	t.is(server.files.get(videoId)!.type, 'video/mp4');
});

test('a token is sent as Bearer, read anew each time', async (t) => {
	const { server } = await httpWorld(t);
	const tokenFile = join(await folderOf(t), 'token');
	await writeFile(tokenFile, 'old\n');
	const location = await openHttpLocation('main', { kind: 'http', url: server.folder, tokenFile }, BRIEF);
	server.authorization = 'Bearer new';
	const refused = await t.throwsAsync(location.begin(VIDEO), { instanceOf: UploadError });
	t.regex(refused!.message, /refuses our credentials for GET \(401\)\. Correct passwordFile or tokenFile/);
	t.notRegex(refused!.message, /old|new/);
	await writeFile(tokenFile, 'new\n');
	await t.notThrowsAsync(location.begin(VIDEO));
});

test('a password in the url is refused without repeating it', async (t) => {
	const url = 'https://cutter:hunter2@dav.example/videos/';
	const error = await t.throwsAsync(openHttpLocation('main', { kind: 'http', url }), {
		message: /holds a password\. Put user:password into a file/,
	});
	t.notRegex(error!.message, /hunter2/);
});

for (const url of ['videos', 'ftp://dav.example/', 'https://dav.example/videos?list', '']) {
	test(`the url ${JSON.stringify(url)} is refused`, async (t) => {
		await t.throwsAsync(openHttpLocation('main', { kind: 'http', url }), {
			message: /must be that of a folder/,
		});
	});
}

const REFUSALS: [FakeAnswer, RegExp][] = [
	[{ status: 403 }, /refuses our credentials for PUT \(403\)/],
	[{ status: 405 }, /does not know PUT \(405\)\. It must be a WebDAV folder/],
	[{ status: 409 }, /there is no such folder \(409\)/],
	[{ status: 507 }, /is full \(507\)\. Make room there\./],
	[
		{ status: 302, headers: { location: 'https://elsewhere.example/' } },
		/sends us elsewhere \(302, https:\/\/elsewhere\.example\/\)/,
	],
	[{ status: 418 }, /answered 418 when the video was sent\./],
];
for (const [answer, message] of REFUSALS) {
	test(`an answer of ${answer.status} is not tried again and says what to do`, async (t) => {
		const { world, server } = await httpWorld(t);
		const location = await world.open();
		const session = await location.begin(VIDEO);
		const file = join(await folderOf(t), 'video.ts');
		await writeFile(file, 'bytes');
		let puts = 0;
		server.fault = (_, { method }) => {
			if (method !== 'PUT') return undefined;
			puts += 1;
			return { when: 'before', how: 'answer', answer };
		};
		await t.throwsAsync(location.send(session, file, never), { instanceOf: UploadError, message });
		t.is(puts, 1);
	});
}

test('429 asks for patience, for as long as the server says', async (t) => {
	const { world, server } = await httpWorld(t);
	const answer = { status: 429, headers: { 'retry-after': '120' } };
	server.fault = () => ({ when: 'before', how: 'answer', answer });
	const error = await t.throwsAsync((await world.open()).begin(VIDEO), { instanceOf: QuotaError });
	t.is(error!.retryAfterSeconds, 120);
});

test('a server that keeps less than was sent is found out before the commit', async (t) => {
	const { world, server } = await httpWorld(t);
	const location = await world.open();
	const session = await location.begin(VIDEO);
	const file = join(await folderOf(t), 'video.ts');
	await writeFile(file, 'bytes');
	const answer = { status: 200, headers: { 'content-length': 4 } };
	server.fault = (_, { method }) =>
		method === 'HEAD' ? { when: 'before', how: 'answer', answer } : undefined;
	await t.throwsAsync(location.send(session, file, never), {
		message: /kept 4 bytes of a video of 5 bytes\./,
	});
});

test('a page that is shown for everything is not taken for our identity', async (t) => {
	const { world, server } = await httpWorld(t);
	const body = Buffer.from('<html>Welcome!</html>');
	server.files.set('.cutsheet-location', { body, length: body.length, type: 'text/html' });
	await t.throwsAsync((await world.open()).begin(VIDEO), {
		message: /has a \.cutsheet-location that is not ours/,
	});
});

test('two nodes that meet a new folder at once agree on its identity', async (t) => {
	const { world } = await httpWorld(t);
	const nodes = await Promise.all([world.open(), world.open(), world.open()]);
	const sessions = await Promise.all(nodes.map((node) => node.begin(VIDEO)));
	t.is(new Set(sessions.map(({ identity }) => identity)).size, 1);
});

test('a thumbnail lies beside its video and can be replaced', async (t) => {
	const { server, location, publication } = await published(t, 'Opening');
	const picture = join(await folderOf(t), 'picture.jpg');
	for (const bytes of ['first', 'second']) {
		await writeFile(picture, bytes);
		await location.setThumbnail!(publication.videoId, picture);
		const beside = server.files.get(publication.videoId.replace('.ts', '.jpg'))!;
		t.is(beside.body.toString(), bytes);
		t.is(beside.type, 'image/jpeg');
	}
	await t.throwsAsync(location.setThumbnail!('../evil.ts', picture), { instanceOf: UploadError });
});

test('a session that names files outside of the folder is refused', async (t) => {
	const { location, session } = await published(t, 'Opening');
	for (const final of ['../evil', 'a/b', '..', '', 7]) {
		await t.throwsAsync(location.commit({ ...session, final }, VIDEO, ''), {
			message: /not one of a WebDAV folder/,
		});
	}
});

test('nodes are configured alike when folder, links and container are, whatever their credentials', async (t) => {
	const url = 'https://dav.example/videos';
	const hash = async (more: object) =>
		(await openHttpLocation('main', { kind: 'http', url, ...more })).configHash;
	t.is(await hash({}), await hash({ url: `${url}/`, tokenFile: '/token' }));
	t.not(await hash({}), await hash({ container: 'mp4' }));
	t.not(await hash({}), await hash({ urlPrefix: 'https://v.example/' }));
});
