import { z } from 'zod';
import type { LocationConfig } from '../cutter/upload/open-location.ts';

/** A text of at least one character; the message says what was expected. */
export const text = (expected: string) => z.string({ error: expected }).min(1, { error: expected });

const urlPrefix = text('what a link begins with, such as https://videos.example.org/').exactOptional();
const address = (expected: string) => z.url({ protocol: /^https?$/, error: expected });

/** How the videos of a location are made, where it is another way than the cutter's own. */
const style = {
	mode: z.enum(['smart', 'full', 'rough'], { error: 'smart, full or rough' }).exactOptional(),
	fullArguments: z
		.array(text("one of ffmpeg's arguments"), { error: "a list of ffmpeg's arguments, one word each" })
		.exactOptional(),
};
const container = z.enum(['mpegts', 'mp4', 'matroska'], { error: 'mpegts, mp4 or matroska' }).exactOptional();

const local = z.strictObject({
	...style,
	mode: z
		.enum(['smart', 'full', 'rough', 'archive'], { error: 'smart, full, rough or archive' })
		.exactOptional(),
	container,
	kind: z.literal('local'),
	path: text('the path of the folder that videos are put into'),
	urlPrefix,
});

const http = z.strictObject({
	...style,
	container,
	kind: z.literal('http'),
	url: address('the address of a WebDAV folder, such as https://dav.example.org/videos/'),
	urlPrefix,
	passwordFile: text('the path of a file that holds user:password').exactOptional(),
	tokenFile: text('the path of a file that holds a token').exactOptional(),
});

const s3 = z.strictObject({
	...style,
	container,
	kind: z.literal('s3'),
	bucket: text('the name of a bucket'),
	prefix: text('what the keys of videos begin with, such as talks/2026/').exactOptional(),
	endpoint: address("the address of a store that is not Amazon's").exactOptional(),
	region: text('the name of a region, such as eu-central-1').exactOptional(),
	pathStyle: z.boolean({ error: 'true or false' }).exactOptional(),
	passwordFile: text('the path of a file that holds ACCESS_KEY_ID:SECRET_ACCESS_KEY').exactOptional(),
	urlPrefix,
});

const categoryExpected = "the number of one of YouTube's categories, such as 22";

const youtube = z.strictObject({
	...style,
	kind: z.literal('youtube'),
	credentials: text('the path of a JSON file with client_id, client_secret and refresh_token'),
	privacy: z
		.enum(['private', 'unlisted', 'public'], { error: 'private, unlisted or public' })
		.exactOptional(),
	category: z
		.union([z.string().regex(/^\d+$/), z.int().transform(String)], { error: categoryExpected })
		.exactOptional(),
	tags: z.array(text('a tag'), { error: 'a list of tags' }).exactOptional(),
	madeForKids: z.boolean({ error: 'true or false' }).exactOptional(),
	endpoint: address("the address of the API when it is not Google's own").exactOptional(),
});

/** A place to upload to; `kind` tells which settings it has. */
export const locationSchema = z.discriminatedUnion('kind', [local, http, s3, youtube], {
	error: 'kind: local, http, s3 or youtube',
}) satisfies z.ZodType<LocationConfig>;

/** Settings of locations that are paths: relative ones are relative to the configuration file. */
export const LOCATION_PATHS: ReadonlySet<string> = new Set(['path']);

/** Settings of locations that are paths of files with secrets. */
export const LOCATION_SECRETS: ReadonlySet<string> = new Set(['passwordFile', 'tokenFile', 'credentials']);
