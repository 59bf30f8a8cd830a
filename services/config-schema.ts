import os from 'node:os';
import { z } from 'zod';
import { type Column, DEFAULT_HEADERS } from '../sheet-sync/columns.ts';
import { PUBLISHED_FIELDS } from '../sheet-sync/published-rows.ts';
import { locationSchema, text } from './location-schema.ts';
import { webSchema } from './web/config-schema.ts';

// Descriptions are what the messages say was expected. Every object refuses keys that it does not
// know: a misspelt setting that is silently not applied is found out about on the day of the event.

const count = (expected: string, least = 1) => z.int({ error: expected }).min(least, { error: expected });
const seconds = (expected: string, least = 0.1) =>
	z.number({ error: expected }).min(least, { error: expected });
const time = (expected: string) => z.iso.datetime({ offset: true, error: expected });

/** The header text of each of our columns, where it is another one than the default. */
const columns = z.strictObject(
	Object.fromEntries(
		Object.keys(DEFAULT_HEADERS).map((name) => [
			name,
			text('the header text of that column').exactOptional(),
		]),
	) as Record<Column, z.ZodExactOptional<z.ZodString>>,
);

const segments = z.strictObject({
	base: text('the folder of the segment store').prefault('/var/lib/cutsheet/segments'),
	channel: text('the name of a channel in the segment store').prefault('main'),
	quality: text('the name of a quality of that channel').prefault('source'),
});

const databaseUrl = z.url({
	protocol: /^postgres(ql)?$/,
	error: 'a URL postgres://user:password@host:port/name',
});

/** Whether a text is what `database.url` takes. */
export function isDatabaseUrl(text: string): boolean {
	return databaseUrl.safeParse(text).success;
}

const database = z.strictObject({
	url: databaseUrl.exactOptional(),
	urlFile: text('the path of a file that holds such a URL').exactOptional(),
	directUrl: databaseUrl.exactOptional(),
	directUrlFile: text('the path of a file that holds such a URL').exactOptional(),
	embeddedFolder: text('the folder of the embedded server').exactOptional(),
	keepHistoryDays: count('a whole number of days, 1 or more').prefault(365),
});

const color = z.string().regex(/^#[0-9a-f]{6}$/i, { error: 'a colour such as #ffe599' });

/** The background of a row, by what its State and Error cells say. */
const rowColors = z.strictObject({
	UNEDITED: color.exactOptional(),
	EDITED: color.exactOptional(),
	CLAIMED: color.exactOptional(),
	FINALIZING: color.exactOptional(),
	UPLOADED: color.exactOptional(),
	error: color.exactOptional(),
});

const sheet = z.strictObject({
	spreadsheet: text("the spreadsheet's id: the long word in its address").prefault('cutsheet'),
	endpoint: z.url({ error: 'the address of a local sheet, such as http://127.0.0.1:8013/' }).exactOptional(),
	credentials: text("the path of a Google service account's key file (JSON)").exactOptional(),
	token: text('the token that the local sheet asks for').exactOptional(),
	tokenFile: text('the path of a file that holds that token').exactOptional(),
	worksheets: z
		.array(text('the title of a worksheet'), { error: 'a list of titles of worksheets' })
		.exactOptional(),
	columns: columns.prefault({}),
	headerRow: count('the number of the row that holds the headers, 1 or more').prefault(1),
	start: time('a time such as 2026-05-01T12:00:00Z, from which HH:MM is counted').exactOptional(),
	worksheetStarts: z
		.record(text('the title of a worksheet'), time('a time such as 2026-05-01T12:00:00Z'), {
			error: 'titles of worksheets, each with the time that HH:MM is counted from in it',
		})
		.prefault({}),
	worksheetHeaderRows: z
		.record(text('the title of a worksheet'), count('the number of a row, 1 or more'), {
			error: 'titles of worksheets, each with the number of the row that holds its headers',
		})
		.exactOptional(),
	pollSeconds: seconds('a number of seconds, 0.1 or more').prefault(2.5),
	progressSeconds: seconds('a number of seconds, 1 or more', 1).exactOptional(),
	noticeSeconds: seconds('a number of seconds, 0 or more', 0).exactOptional(),
	cutRemoved: z.boolean({ error: 'true or false' }).exactOptional(),
	editUrl: z
		.url({ protocol: /^https?$/, error: 'the address of the pages, such as https://cut.example.org' })
		.exactOptional(),
	rowColors: rowColors.exactOptional(),
	timeoutSeconds: seconds('a number of seconds, 1 or more', 1).exactOptional(),
	readsPerMinute: count('a whole number of requests, 1 or more').exactOptional(),
	writesPerMinute: count('a whole number of requests, 1 or more').exactOptional(),
});

const texts = (expected: string) => z.array(text(expected), { error: `a list: ${expected}, one or more` });

/** Another spreadsheet that is written from the database: a public schedule, say. */
const publishSheet = z.strictObject({
	spreadsheet: text("the copy's spreadsheet id: the long word in its address"),
	worksheet: text('the title of the worksheet that is written').prefault('Schedule'),
	columns: z
		.record(
			text('a header'),
			z.enum(PUBLISHED_FIELDS, { error: `a column of events: ${PUBLISHED_FIELDS.join(', ')}` }),
			{ error: 'headers from left to right, each with the column of events below it' },
		)
		.prefault({
			Start: 'start',
			End: 'end',
			Category: 'category',
			Description: 'description',
			Video: 'video_link',
		}),
	states: z
		.array(
			z.enum(['UNEDITED', 'EDITED', 'CLAIMED', 'FINALIZING', 'UPLOADED'], { error: 'a state of an event' }),
		)
		.exactOptional(),
	categories: texts('a category').exactOptional(),
	tags: texts('a tag').exactOptional(),
	worksheets: texts('the title of a worksheet of the synced sheet').exactOptional(),
	endpoint: z.url({ error: 'the address of a local sheet, such as http://127.0.0.1:8013/' }).exactOptional(),
	credentials: text("the path of a Google service account's key file (JSON)").exactOptional(),
	token: text('the token that the local sheet asks for').exactOptional(),
	tokenFile: text('the path of a file that holds that token').exactOptional(),
	seconds: seconds('a number of seconds, 1 or more', 1).prefault(5),
	timeoutSeconds: seconds('a number of seconds, 1 or more', 1).exactOptional(),
	readsPerMinute: count('a whole number of requests, 1 or more').exactOptional(),
	writesPerMinute: count('a whole number of requests, 1 or more').exactOptional(),
});

const localSheet = z.strictObject({
	host: text('the address to listen on').prefault('127.0.0.1'),
	port: count('a port, 0 to 65535', 0).max(65_535, { error: 'a port, 0 to 65535' }).prefault(8013),
	token: text('the token that clients and browsers must give').exactOptional(),
	tokenFile: text('the path of a file that holds that token').exactOptional(),
	historyDays: count('a whole number of days, 1 or more').prefault(365),
});

const port = count('a port, 1 to 65535').max(65_535, { error: 'a port, 1 to 65535' });

/** Where each service tells how it is: /metrics, /healthz and /readyz. What has no port here does not. */
const health = z.strictObject({
	host: text('the address to listen on').prefault('127.0.0.1'),
	ports: z
		.strictObject({
			'sheet-sync': port.exactOptional(),
			cutter: port.exactOptional(),
			record: port.exactOptional(),
			web: port.exactOptional(),
			'local-sheet': port.exactOptional(),
			'publish-sheet': port.exactOptional(),
		})
		.prefault({}),
});

const record = z.strictObject({
	input: z
		.union(
			[
				text("the stream's address"),
				z.array(text("one of ffmpeg's words for the input")).min(1, { error: 'words' }),
			],
			{ error: "the stream's address, or a list of ffmpeg's words for the input, -i included" },
		)
		.exactOptional(),
	encode: z.boolean({ error: 'true or false' }).prefault(false),
});

const cutter = z.strictObject({
	node: text("this node's name, unique among the nodes").prefault(() => os.hostname()),
	segments: segments.prefault({}),
	concurrency: count('a whole number of cuts at once, 1 or more').prefault(2),
	mode: z.enum(['smart', 'full', 'rough'], { error: 'smart, full or rough' }).prefault('smart'),
	fullArguments: z
		.array(text("one of ffmpeg's arguments"), {
			error: "a list of ffmpeg's arguments for encoding, one word each",
		})
		.exactOptional(),
	leaseSeconds: count('a whole number of seconds, 5 or more', 5).prefault(60),
	pollSeconds: seconds('a number of seconds, 0.1 or more').prefault(10),
	stopSeconds: seconds('a number of seconds, 0 or more', 0).prefault(30),
	maxAttempts: count('a whole number of attempts, 1 or more').prefault(5),
	templates: z
		.record(text('the name of a template'), text('the path of a PNG image with transparent parts'), {
			error: 'template images for thumbnails, each a name with its path',
		})
		.prefault({}),
	spoolFolder: text('a folder with room for the videos that are being cut').prefault(() => os.tmpdir()),
	stateFolder: text('a folder for what a node must not forget').prefault('/var/lib/cutsheet/state'),
	locations: z
		.record(text('the name of an upload location'), locationSchema, {
			error: 'upload locations, each a name with its settings below',
		})
		.prefault({}),
	defaultLocation: text('the name of one of the locations').exactOptional(),
});

/** The whole configuration file. */
export const configSchema = z.strictObject({
	database: database.prefault({}),
	sheet: sheet.prefault({}),
	publishSheet: publishSheet.exactOptional(),
	localSheet: localSheet.prefault({}),
	cutter: cutter.prefault({}),
	record: record.prefault({}),
	health: health.prefault({}),
	web: webSchema.prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** One thing that is wrong: at which key, and a sentence about it. */
export interface ConfigProblem {
	path: (string | number)[];
	sentence: string;
}

/** Checks what a configuration file says. All problems at once: people fix them in one go. Pure. */
export function checkConfig(input: unknown): { config: Config } | { problems: ConfigProblem[] } {
	const checked = configSchema.safeParse(input ?? {}, { reportInput: true });
	if (!checked.success) {
		return { problems: checked.error.issues.flatMap((issue) => toProblems(issue, input)) };
	}
	const { defaultLocation, locations } = checked.data.cutter;
	if (defaultLocation !== undefined && !Object.hasOwn(locations, defaultLocation)) {
		const known = Object.keys(locations).join(', ') || 'none';
		const sentence = `cutter.defaultLocation names “${defaultLocation}”, but the locations are: ${known}.`;
		return { problems: [{ path: ['cutter', 'defaultLocation'], sentence }] };
	}
	return { config: checked.data };
}

function toProblems(issue: z.core.$ZodIssue, input: unknown): ConfigProblem[] {
	const path = issue.path.filter((part) => typeof part !== 'symbol');
	const name = path.join('.');
	if (issue.code === 'unrecognized_keys') {
		const known = knownKeys(path, input);
		return issue.keys.map((key) => {
			const close = closest(key, known);
			const advice = close ? `Did you mean ${close}?` : `There are: ${known.join(', ')}.`;
			return { path: [...path, key], sentence: `${[...path, key].join('.')} is no setting. ${advice}` };
		});
	}
	if (issue.input === undefined)
		return [{ path, sentence: `${name} is missing: expected ${issue.message}.` }];
	const where = name === '' ? 'The file' : name;
	if (issue.code === 'invalid_union') return [{ path, sentence: `${where}: expected ${issue.message}.` }];
	const expected = issue.message.startsWith('Invalid')
		? 'settings, each a key with its value'
		: issue.message;
	return [{ path, sentence: `${where} is ${JSON.stringify(issue.input)}; expected ${expected}.` }];
}

/** The keys that the object at `path` of `input` may have. */
function knownKeys(path: readonly (string | number)[], input: unknown): string[] {
	let schema = plainSchema(configSchema, input);
	let value = input;
	for (const part of path) {
		value = (value as Record<string | number, unknown>)[part];
		const child = schema instanceof z.ZodObject ? schema.shape[part] : (schema as z.ZodRecord).valueType;
		schema = plainSchema(child, value);
	}
	return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** A schema without what makes it optional; of a choice by `kind` the one that `value` names. */
function plainSchema(schema: unknown, value: unknown): unknown {
	if (schema instanceof z.ZodPrefault || schema instanceof z.ZodExactOptional) {
		return plainSchema(schema.unwrap(), value);
	}
	if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
	const { kind } = value as { kind: string };
	return schema.options.find(
		(option) => option instanceof z.ZodObject && option.shape.kind?.safeParse(kind).success,
	);
}

/** The known word that differs least from `word`; undefined when none is near. */
function closest(word: string, known: readonly string[]): string | undefined {
	const ranked = known
		.map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
		.toSorted((a, b) => a.distance - b.distance);
	const best = ranked[0];
	return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** How many letters must be inserted, dropped or replaced to make one word of the other (Levenshtein); 1 if reordered. */
function editDistance(a: string, b: string): number {
	if (a !== b && [...a].sort().join('') === [...b].sort().join('')) return 1;
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
		}
		row = next;
	}
	return row[b.length]!;
}
