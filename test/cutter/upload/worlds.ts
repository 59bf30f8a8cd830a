import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type HttpLocationConfig, openHttpLocation } from '../../../cutter/upload/http.ts';
import { type LocalLocationConfig, openLocalLocation } from '../../../cutter/upload/local.ts';
import type { UploadLocation, UploadSession } from '../../../cutter/upload/location.ts';
import type { LocationConfig } from '../../../cutter/upload/open-location.ts';
import { openS3Location, type S3LocationConfig } from '../../../cutter/upload/s3.ts';
import type { Patience } from '../../../cutter/upload/try-again.ts';
import { openYoutubeLocation, type YoutubeLocationConfig } from '../../../cutter/upload/youtube.ts';
import type { FaultyServer } from '../../support/faulty-server.ts';
import { S3Server } from '../../support/s3-server.ts';
import { WebdavServer } from '../../support/webdav-server.ts';
import { YoutubeServer } from '../../support/youtube-server.ts';

/** A video as the world outside sees it. */
export interface Published {
	/** As a publication's `videoId` says. */
	videoId: string;
	bytes: Buffer;
}

type Teardown = Pick<ExecutionContext, 'teardown'>;

/** A location of one kind together with the place that it publishes at. */
export interface World {
	kind: 'local' | 'http' | 's3' | 'youtube';
	/** As a configuration file would have it. */
	config: LocationConfig;
	/** Opens the location, as another node would. */
	open(patience?: Patience): Promise<UploadLocation>;
	/** What everybody can see there. */
	published(): Promise<Published[]>;
	/** Puts something of somebody else where the session's video is to go. Absent where names are not chosen by us. */
	occupy?(session: UploadSession): Promise<void>;
	/** Puts another place under the same name. */
	replacePlace(): Promise<void>;
	/** Whatever of an upload lies about unpublished: names or ids. */
	remains(): Promise<string[]>;
	/** The fake, where there is one. */
	server?: FaultyServer;
}

/** Tests wait for nothing that does not come. */
export const BRIEF: Patience = { tries: 3, firstPauseMs: 1, silenceMs: 5_000 };

/** Of every kind, a fresh one for each test. */
export const WORLDS: Record<World['kind'], (t: Teardown) => Promise<World>> = {
	local: localWorld,
	http: async (t) => (await httpWorld(t)).world,
	s3: async (t) => (await s3World(t)).world,
	youtube: async (t) => (await youtubeWorld(t)).world,
};

/** A folder that is deleted when the test ends. */
export async function folderOf(t: Teardown): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cutsheet-upload-'));
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

async function localWorld(t: Teardown): Promise<World> {
	const folder = await folderOf(t);
	const config: LocalLocationConfig = { kind: 'local', path: folder };
	const open = () => openLocalLocation('main', config);
	const names = async (hidden: boolean) =>
		(await readdir(folder)).filter((name) => name.startsWith('.') === hidden);
	return {
		kind: 'local',
		config,
		open,
		published: async () =>
			Promise.all(
				(await names(false)).map(async (videoId) => ({
					videoId,
					bytes: await readFile(join(folder, videoId)),
				})),
			),
		occupy: (session) => writeFile(join(folder, String(session.final)), 'somebody else’s'),
		remains: async () => (await names(true)).filter((name) => !name.startsWith('.cutsheet')),
		replacePlace: async () => {
			await rename(join(folder, '.cutsheet-location'), join(folder, '.cutsheet-location-before'));
			await open();
		},
	};
}

/** A WebDAV folder that demands a password, and a location that knows it. */
export async function httpWorld(t: Teardown): Promise<{ world: World; server: WebdavServer }> {
	const server = await started(t, new WebdavServer());
	const passwordFile = join(await folderOf(t), 'password');
	await writeFile(passwordFile, 'cutter:secret\n');
	server.authorization = `Basic ${Buffer.from('cutter:secret').toString('base64')}`;
	const names = (hidden: boolean) => [...server.files].filter(([name]) => name.startsWith('.') === hidden);
	const config: HttpLocationConfig = { kind: 'http', url: server.folder, passwordFile };
	const world: World = {
		kind: 'http',
		config,
		server,
		open: (patience = BRIEF) => openHttpLocation('main', config, patience),
		published: async () => names(false).map(([videoId, { body }]) => ({ videoId, bytes: body })),
		occupy: async (session) => {
			const body = Buffer.from('somebody else’s');
			server.files.set(String(session.final), { body, length: body.length, type: undefined });
		},
		remains: async () => names(true).flatMap(([name]) => (name.startsWith('.cutsheet') ? [] : [name])),
		replacePlace: async () => server.files.clear(),
	};
	return { world, server };
}

/** A bucket, and a location that has its keys. */
export async function s3World(t: Teardown): Promise<{ world: World; server: S3Server }> {
	const server = await started(t, new S3Server());
	const passwordFile = join(await folderOf(t), 'keys');
	await writeFile(passwordFile, `${server.accessKey}:${server.secretKey}\n`);
	const identity = 'talks/.cutsheet-location';
	const config: S3LocationConfig = {
		kind: 's3',
		bucket: 'videos',
		prefix: 'talks/',
		endpoint: server.url,
		passwordFile,
	};
	const world: World = {
		kind: 's3',
		config,
		server,
		open: (patience = BRIEF) => openS3Location('main', config, patience),
		published: async () =>
			[...server.objects].flatMap(([videoId, { body }]) =>
				videoId === identity ? [] : [{ videoId, bytes: body }],
			),
		occupy: async (session) => {
			const body = Buffer.from('somebody else’s');
			server.objects.set(String(session.key), { body, length: body.length, etag: '"1"', headers: {} });
		},
		remains: async () => [...server.uploads.keys()],
		replacePlace: async () => server.objects.clear(),
	};
	return { world, server };
}

/** A channel, and a location that may upload to it. */
export async function youtubeWorld(t: Teardown): Promise<{ world: World; server: YoutubeServer }> {
	const server = await started(t, new YoutubeServer());
	const credentials = join(await folderOf(t), 'credentials.json');
	await writeFile(
		credentials,
		JSON.stringify({
			client_id: 'client',
			client_secret: 'secret',
			refresh_token: server.refreshToken,
			token_uri: `${server.url}token`,
		}),
	);
	const config: YoutubeLocationConfig = { kind: 'youtube', credentials, endpoint: server.url };
	const world: World = {
		kind: 'youtube',
		config,
		server,
		open: (patience = BRIEF) => openYoutubeLocation('main', config, patience),
		published: async () => [...server.videos.values()].map(({ id, body }) => ({ videoId: id, bytes: body })),
		remains: async () => [...server.sessions].flatMap(([id, { state }]) => (state === 'open' ? [id] : [])),
		replacePlace: async () => {
			server.channel = 'UCother00000000000000000';
		},
	};
	return { world, server };
}

async function started<Server extends FaultyServer>(t: Teardown, server: Server): Promise<Server> {
	await server.listen();
	t.teardown(() => server.close());
	return server;
}
