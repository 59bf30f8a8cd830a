import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { SPREADSHEET, startWorld } from '../sheet-sync/world.ts';
import { startTestWeb } from '../support/web.ts';

// Requests that are too large, too deep, too many, or none at all, to the pages' API and to the local sheet: each is answered
// with a sentence, and the service goes on as if nothing had been.

const MB = 1024 * 1024;
const deepList = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const deepObject = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

interface Asked {
	method?: string;
	headers?: Record<string, string>;
	body?: string | Buffer | ReadableStream;
}

/** A body of so many bytes whose length nobody says beforehand. */
function stream(bytes: number): ReadableStream {
	let left = bytes;
	return new ReadableStream({
		pull(controller) {
			if (left <= 0) return controller.close();
			left -= 65_536;
			controller.enqueue(Buffer.alloc(65_536, 'x'));
		},
	});
}

async function ask(url: string, { method = 'POST', headers = {}, body }: Asked) {
	const answer = await fetch(url, {
		method,
		headers: { 'content-type': 'application/json', ...headers },
		...(body !== undefined && { body, duplex: 'half' }),
	} as RequestInit);
	return { status: answer.status, text: await answer.text() };
}

/** What comes back for bytes on the wire, until the connection ends. */
async function raw(url: string, bytes: string): Promise<string> {
	const socket = connect(Number(new URL(url).port), '127.0.0.1');
	let answer = '';
	socket.setEncoding('utf8').on('data', (text: string) => {
		answer += text;
	});
	await once(socket, 'connect');
	socket.end(bytes);
	await once(socket, 'close');
	return answer;
}

/** A thousand connections that say nothing, or half a request: others are served all the same. */
async function crowd(t: ExecutionContext, url: string): Promise<void> {
	const { port, pathname } = new URL(url);
	const sockets = Array.from({ length: 1_000 }, (_, index) => {
		const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
		if (index % 2 === 0)
			socket.write(`POST ${pathname} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000000\r\n\r\n{`);
		return socket;
	});
	await Promise.all(sockets.map((socket) => once(socket, 'connect')));
	t.true((await fetch(url)).status < 500);
	for (const socket of sockets) socket.destroy();
}

test('the local sheet answers what is too much with an error of the API, and works on', async (t) => {
	const { sheet, type, rows, change } = await startWorld(t);
	await type('Talks!D2', [['A talk']]);
	const all = `${sheet.url}/v4/spreadsheets`;
	const one = `${all}/${SPREADSHEET}`;
	const json = (value: unknown) => ({ body: JSON.stringify(value) });
	const filters = Array.from({ length: 10_000 }, () => ({ gridRange: { sheetId: 0 } }));
	const grid = (rowCount: number) => ({
		addSheet: { properties: { gridProperties: { rowCount, columnCount: 100 } } },
	});
	const refused: [name: string, url: string, asked: Asked, status: number, message: RegExp][] = [
		[
			'11 MB',
			`${one}:batchUpdate`,
			{ body: 'x'.repeat(11 * MB) },
			413,
			/^The request is too large: at most 10 MB/,
		],
		['a stream of 30 MB', `${one}:batchUpdate`, { body: stream(30 * MB) }, 413, /^The request is too large/],
		[
			'lists in lists',
			`${one}:batchUpdate`,
			{ body: `{"requests":[{"x":${deepList(100_000)}}]}` },
			400,
			/more than 64 levels deep/,
		],
		[
			'objects in objects',
			`${one}:batchUpdate`,
			{ body: `{"requests":[${deepObject(100_000)}]}` },
			400,
			/more than 64 levels deep/,
		],
		[
			'a key of all objects',
			`${one}:batchUpdate`,
			{ body: '{"requests":[{"__proto__":{"x":1}}]}' },
			400,
			/not valid JSON/,
		],
		[
			'10,000 ranges of all cells',
			`${one}/values:batchGetByDataFilter`,
			json({ dataFilters: filters }),
			400,
			/260,000,000 cells together/,
		],
		[
			'the same with formats',
			`${one}:getByDataFilter`,
			json({ dataFilters: filters, includeGridData: true }),
			400,
			/260,000,000 cells together/,
		],
		[
			'1,000 large worksheets',
			`${one}:batchUpdate`,
			json({ requests: Array.from({ length: 1_000 }, () => grid(10_000)) }),
			400,
			/above the limit of 10000000 cells/,
		],
		[
			'a worksheet of 10^17 cells',
			`${one}:batchUpdate`,
			json({ requests: [grid(1e15)] }),
			400,
			/above the limit of 10000000 cells/,
		],
		[
			'3,000 copies',
			`${one}:batchUpdate`,
			json({ requests: Array.from({ length: 3_000 }, () => ({ duplicateSheet: { sourceSheetId: 0 } })) }),
			400,
			/at most 200 worksheets/,
		],
		[
			'a cell of 50,001 characters',
			`${one}/values/A2?valueInputOption=RAW`,
			{ method: 'PUT', ...json({ values: [['x'.repeat(50_001)]] }) },
			400,
			/more than the maximum of 50000 characters/,
		],
		[
			'a regular expression that never ends',
			`${one}:batchUpdate`,
			json({ requests: [{ findReplace: { find: '(x+)+$', searchByRegex: true, allSheets: true } }] }),
			400,
			/does not search by regular expressions/,
		],
		[
			'gzip',
			`${one}:batchUpdate`,
			{ body: gzipSync(Buffer.alloc(50 * MB, ' ')), headers: { 'content-encoding': 'gzip' } },
			400,
			/not valid JSON/,
		],
		[
			'10,000 ranges in the address',
			`${one}/values:batchGet?${'ranges=Talks&'.repeat(10_000)}`,
			{ method: 'GET' },
			431,
			/at most 16 kB/,
		],
		[
			'a header of 40 kB',
			one,
			{ method: 'GET', headers: { 'x-a': 'x'.repeat(40_000) } },
			431,
			/at most 16 kB/,
		],
		['an address that is not UTF-8', `${all}/%ff`, { method: 'GET' }, 400, /The address cannot be read/],
		['a NUL as id', `${all}/a%00b`, { method: 'GET' }, 404, /not found/],
		[
			'a NUL in a range',
			`${one}/values/${encodeURIComponent("'a\0'!A1")}`,
			{ method: 'GET' },
			400,
			/Unable to parse range/,
		],
	];
	for (const [name, url, asked, status, message] of refused) {
		const answer = await ask(url, asked);
		t.is(answer.status, status, `${name}: ${answer.text.slice(0, 300)}`);
		const { error } = JSON.parse(answer.text) as { error: { message: string; status: string } };
		t.regex(error.message, message, name);
		t.regex(error.status, /^[A-Z_]+$/, name);
	}
	t.regex(
		await raw(sheet.url, '\x16\x03\x01 no HTTP\r\n\r\n'),
		/^HTTP\/1\.1 400 .*"message":"This is no HTTP/s,
	);
	t.regex(
		await raw(sheet.url, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
		/^HTTP\/1\.1 431 .*at most 16 kB/s,
	);
	const cell50000 = 'x'.repeat(50_000);
	await type('Talks!D3', [[cell50000]]);
	// Titles are kept as PostgreSQL can keep them.
	await change({ addSheet: { properties: { title: 'a\0b\ud800' } } });
	await crowd(t, one);
	t.deepEqual(
		(await rows()).map(({ Description }) => Description),
		['A talk', cell50000],
	);
	t.deepEqual(await rows("'ab\ufffd'"), []);
});

test('the pages’ API answers what is too much with a sentence, and works on', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('admin', 'Ada');
	const headers = { cookie: ada.cookie, origin: web.url };
	const at = (path: string) => `${web.url}/api/${path}`;
	const id = '3f3e0c7c-0000-4000-8000-000000000000';
	const refused: [name: string, url: string, asked: Asked, status: number, sentence: RegExp][] = [
		[
			'2 MB',
			at(`events/${id}/submit`),
			{ body: 'x'.repeat(2 * MB) },
			413,
			/^The request is too large; send less at once\.$/,
		],
		['a stream of 30 MB', at('session'), { body: stream(30 * MB) }, 413, /too large/],
		[
			'an image of 60 MB',
			at('images'),
			{ body: stream(60 * MB), headers: { 'content-type': 'image/png' } },
			413,
			/too large/,
		],
		[
			'200 MB as a few kB of gzip',
			at('session'),
			{ body: gzipSync(Buffer.alloc(200 * MB, ' ')), headers: { 'content-encoding': 'gzip' } },
			413,
			/too large/,
		],
		[
			'an encoding that is none',
			at('session'),
			{ body: '{}', headers: { 'content-encoding': 'br' } },
			400,
			/decompress/,
		],
		['lists in lists', at('session'), { body: deepList(200_000) }, 400, /wrong at the body/],
		[
			'objects in objects',
			at(`events/${id}/draft`),
			{ method: 'PUT', body: `{"edit":${deepObject(100_000)}}` },
			400,
			/wrong at “edit/,
		],
		['a key of all objects', at('session'), { body: '{"__proto__":{"x":1}}' }, 400, /not valid JSON/],
		['XML', at('session'), { body: '<a/>', headers: { 'content-type': 'text/xml' } }, 415, /Unsupported/],
		[
			'a header of 40 kB',
			at('session'),
			{ method: 'GET', headers: { 'x-a': 'x'.repeat(40_000) } },
			431,
			/at most 16 kB/,
		],
		['an address of 40 kB', at(`events?${'x'.repeat(40_000)}`), { method: 'GET' }, 431, /at most 16 kB/],
		[
			'a long part of an address',
			at(`events/${'x'.repeat(3_000)}`),
			{ method: 'GET' },
			414,
			/part of the address is too long/,
		],
		['an address that is not UTF-8', at('events/%ff'), { method: 'GET' }, 400, /The address cannot be read/],
	];
	for (const [name, url, asked, status, sentence] of refused) {
		const answer = await ask(url, { ...asked, headers: { ...headers, ...asked.headers } });
		t.is(answer.status, status, `${name}: ${answer.text.slice(0, 300)}`);
		t.regex((JSON.parse(answer.text) as { error: { sentence: string } }).error.sentence, sentence, name);
	}
	t.regex(await raw(web.url, 'NO HTTP AT ALL\r\n\r\n'), /^HTTP\/1\.1 400 .*"sentence":"This is no HTTP/s);
	const smuggled =
		'POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
	t.regex(await raw(web.url, smuggled), /^HTTP\/1\.1 400 /);
	await crowd(t, `${web.url}/api/session`);
	t.is((await ada.ask('GET', '/api/session')).status, 200);
});
