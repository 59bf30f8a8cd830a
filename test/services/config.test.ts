import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { loadConfig } from '../../services/config.ts';
import { checkConfig } from '../../services/config-schema.ts';
import { UsageError } from '../../services/exit-codes.ts';

test('an empty file is a whole configuration', (t) => {
	for (const input of [undefined, null, {}]) {
		const checked = checkConfig(input);
		t.true('config' in checked);
		if ('config' in checked) {
			t.is(checked.config.cutter.mode, 'smart');
			t.is(checked.config.cutter.node, os.hostname());
		}
	}
});

const mistakes: [input: unknown, path: string, sentence: RegExp][] = [
	[
		{ cutter: { concurency: 2 } },
		'cutter.concurency',
		/^cutter\.concurency is no setting\. Did you mean concurrency\?$/,
	],
	[{ cuter: {} }, 'cuter', /^cuter is no setting\. Did you mean cutter\?$/],
	[
		{ tea: 1 },
		'tea',
		/^tea is no setting\. There are: database, sheet, publishSheet, localSheet, cutter, record, health, web\.$/,
	],
	[
		{ cutter: { concurrency: 0 } },
		'cutter.concurrency',
		/is 0; expected a whole number of cuts at once, 1 or more\.$/,
	],
	[{ cutter: { concurrency: '2' } }, 'cutter.concurrency', /is "2"; expected a whole number/],
	[{ cutter: { mode: 'fast' } }, 'cutter.mode', /is "fast"; expected smart, full or rough\.$/],
	[{ cutter: 5 }, 'cutter', /^cutter is 5; expected settings, each a key with its value\.$/],
	[[], '', /^The file is \[\]; expected settings/],
	[{ database: { url: 'mysql://a/b' } }, 'database.url', /expected a URL postgres:\/\//],
	[
		{ cutter: { locations: { a: { kind: 'local' } } } },
		'cutter.locations.a.path',
		/is missing: expected the path/,
	],
	[
		{ cutter: { locations: { a: { kind: 'loca' } } } },
		'cutter.locations.a.kind',
		/expected kind: local, http, s3 or youtube/,
	],
	[
		{ cutter: { locations: { a: { kind: 'local', path: 'x', paht: 'y' } } } },
		'cutter.locations.a.paht',
		/Did you mean path\?$/,
	],
	[
		{ cutter: { locations: { a: { kind: 's3', bucket: 'x', bukket: 'y' } } } },
		'cutter.locations.a.bukket',
		/Did you mean bucket\?$/,
	],
	[
		{ cutter: { locations: { a: { kind: 'youtube', credentials: 'x', privacy: 'open' } } } },
		'cutter.locations.a.privacy',
		/is "open"; expected private, unlisted or public\.$/,
	],
	[
		{ cutter: { locations: { a: { kind: 'http', url: 'ftp://x' } } } },
		'cutter.locations.a.url',
		/expected the address of a WebDAV folder/,
	],
	[
		{ cutter: { defaultLocation: 'constructor' } },
		'cutter.defaultLocation',
		/names “constructor”, but the locations are: none\.$/,
	],
	[{ sheet: { columns: { descripton: 'What' } } }, 'sheet.columns.descripton', /Did you mean description\?$/],
	[{ sheet: { start: 'noon' } }, 'sheet.start', /is "noon"; expected a time such as/],
];

for (const [input, at, sentence] of mistakes) {
	test(`${JSON.stringify(input)} is refused with the key and what was expected`, (t) => {
		const checked = checkConfig(input);
		t.true('problems' in checked);
		if ('problems' in checked) {
			t.is(checked.problems[0]?.path.join('.'), at);
			t.regex(checked.problems[0]?.sentence ?? '', sentence);
			t.is(checked.problems.length, 1);
		}
	});
}

test('all problems of a file are told at once, each with its line', async (t) => {
	await inFolder(async (folder) => {
		const file = path.join(folder, 'a.yaml');
		await writeFile(file, 'cutter:\n  mode: fast\n\n  concurrency: none\n');
		const error = await t.throwsAsync(loadConfig(file, {}), { instanceOf: UsageError });
		const [first, second] = (error?.message ?? '').split('\n').toSorted();
		t.true(first?.startsWith(`${file}:2: cutter.mode is "fast"`));
		t.true(second?.startsWith(`${file}:4: cutter.concurrency is "none"`));
	});
});

test('what is no YAML is refused with its line, and a missing file with its name', async (t) => {
	await inFolder(async (folder) => {
		const file = path.join(folder, 'a.yaml');
		await writeFile(file, 'cutter:\n  mode: [smart\n');
		await t.throwsAsync(loadConfig(file, {}), { instanceOf: UsageError, message: /a\.yaml: .* at line 3/s });
		await t.throwsAsync(loadConfig(path.join(folder, 'b.yaml'), {}), { message: /b\.yaml cannot be read/ });
	});
});

test('the environment wins over the file, and relative paths are relative to the file', async (t) => {
	await inFolder(async (folder) => {
		const file = path.join(folder, 'a.yaml');
		const locations = '  locations:\n    here:\n      kind: local\n      path: videos\n';
		await writeFile(file, `database:\n  url: postgres://a/b\ncutter:\n  node: a\n${locations}`);
		const environment = { DATABASE_URL: 'postgresql://c/d', CUTSHEET_NODE: 'c', CUTSHEET_CONFIG: file };
		const config = await loadConfig(undefined, environment);
		t.is(config.database.url, 'postgresql://c/d');
		t.is(config.cutter.node, 'c');
		t.deepEqual(config.cutter.locations.here, { kind: 'local', path: path.join(folder, 'videos') });
	});
});

test('secrets come from files, and from systemd’s copies of them where there are any', async (t) => {
	await inFolder(async (folder) => {
		const file = path.join(folder, 'a.yaml');
		const locations = 'locations: { dav: { kind: http, url: "http://d/", passwordFile: secrets/dav } }';
		const sheet = 'sheet: { tokenFile: secrets/sheet-token, credentials: secrets/google.json }';
		await writeFile(
			file,
			`database: { urlFile: secrets/database-url, directUrlFile: secrets/direct }\n${sheet}\ncutter: { ${locations} }\n`,
		);
		const place = async (name: string, content: string) => {
			await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
			await writeFile(path.join(folder, name), content);
		};
		await t.throwsAsync(loadConfig(file, {}), {
			instanceOf: UsageError,
			message: /^database\.urlFile: the file .*secrets\/database-url cannot be read/,
		});
		await place('secrets/database-url', 'postgres://a:b@c/d\n');
		await t.throwsAsync(loadConfig(file, {}), {
			message: /^database\.directUrlFile: the file .* cannot be read/,
		});
		await place('secrets/direct', 'postgres://a:b@c:6432/d\n');
		await place('secrets/sheet-token', 'by hand\n');
		const typed = await loadConfig(file, {});
		t.is(typed.database.url, 'postgres://a:b@c/d');
		t.is(typed.database.directUrl, 'postgres://a:b@c:6432/d');
		t.is(typed.sheet.token, 'by hand');
		t.is(typed.sheet.credentials, path.join(folder, 'secrets/google.json'));

		// The first two as a unit gets them that loads the folder, the others as one that loads single files.
		await place('handed/cutsheet_database-url', 'postgres://e:f@g/h');
		await place('handed/cutsheet_direct', 'postgres://e:f@g:6432/h');
		await place('handed/cutsheet_dav', 'user:password');
		await place('handed/sheet-token', 'handed over');
		await place('handed/google.json', '{}');
		const handed = await loadConfig(file, { CREDENTIALS_DIRECTORY: path.join(folder, 'handed') });
		t.is(handed.database.url, 'postgres://e:f@g/h');
		t.is(handed.database.directUrl, 'postgres://e:f@g:6432/h');
		t.is(handed.sheet.token, 'handed over');
		t.is(handed.sheet.credentials, path.join(folder, 'handed/google.json'));
		t.like(handed.cutter.locations.dav, { passwordFile: path.join(folder, 'handed/cutsheet_dav') });

		await place('secrets/database-url', 'S3CRET');
		const wrong = await t.throwsAsync(loadConfig(file, {}), { instanceOf: UsageError });
		t.regex(wrong?.message ?? '', /does not hold a URL such as postgres:/);
		t.false(wrong?.message.includes('S3CRET'));
	});
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-config-'));
	try {
		await work(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
