import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SheetsError } from '../../sheet-sync/sheets-error.ts';
import { startMeddlingProxy } from '../sheet-sync/meddling-proxy.ts';
import { openSync, settle, startWorld } from '../sheet-sync/world.ts';
import type { FakeAnswer } from '../support/faulty-server.ts';
import { GoogleSignInServer } from '../support/google-sign-in-server.ts';
import { temporaryFolder } from '../support/recording.ts';

// Tokens expire, are taken back, and cannot be had for a while. The Sheets API itself works all the time.

const EXPIRED = {
	status: 401,
	body: {
		error: {
			code: 401,
			message: 'Request had invalid authentication credentials.',
			status: 'UNAUTHENTICATED',
		},
	},
};

/** A sheet that lets in whoever signed in, with a row; and a sync of it with a service account or a refresh token. */
async function signedInWorld(t: ExecutionContext, kind: 'service account' | 'refresh token') {
	const world = await startWorld(t);
	const proxy = await startMeddlingProxy(t, world.sheet.url);
	const google = await GoogleSignInServer.start(t);
	const refused: number[] = [];
	proxy.before = ({ number, headers }) => {
		if (google.accepts(headers.authorization)) return undefined;
		refused.push(number);
		return EXPIRED;
	};
	const file = join(await temporaryFolder(t), 'credentials.json');
	const credentialsFile = await (kind === 'service account'
		? google.writeServiceAccount(file)
		: google.writeRefreshToken(file));
	const counted: (number | undefined)[] = [];
	const open = (timeoutSeconds?: number) =>
		openSync(
			world,
			{ endpoint: proxy.url, credentialsFile, ...(timeoutSeconds && { timeoutSeconds }) },
			{
				requested: (_kind, status) => counted.push(status),
				shown: () => undefined,
				cycled: () => undefined,
				failed: () => undefined,
			},
		);
	await world.type('Talks!D2', [['First']]);
	return { world, proxy, google, refused, counted, open };
}

function answer(
	status: number,
	body: object | string,
): { when: 'before'; how: 'answer'; answer: FakeAnswer } {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const headers = { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' };
	return { when: 'before', how: 'answer', answer: { status, headers, body: text } };
}

for (const kind of ['service account', 'refresh token'] as const) {
	test(`a token of a ${kind} that expired is replaced once, at any call, and both requests count`, async (t) => {
		const { world, proxy, google, refused, counted, open } = await signedInWorld(t, kind);
		const sync = await open();
		await settle(sync);
		t.is(google.count, 1);
		const let_in = proxy.before;
		for (let call = 1; call <= 5; call++) {
			await world.type(`Talks!D${call + 2}`, [[`Talk ${call}`]]);
			let asked = 0;
			proxy.before = (request) => {
				asked++;
				if (asked === call) google.takeBack();
				return let_in(request);
			};
			await settle(sync);
		}
		t.is(google.count, 6);
		t.is(refused.length, 5);
		t.is(counted.filter((status) => status === 401).length, 5);
		t.is(counted.length, proxy.count);
		t.is((await world.rows()).filter(({ State }) => State === 'UNEDITED').length, 6);
		t.deepEqual(google.complaints, []);
	});
}

test('credentials that are not accepted even after another sign-in are said to be so, with two requests for each call', async (t) => {
	const { proxy, google, open } = await signedInWorld(t, 'service account');
	proxy.before = () => EXPIRED;
	const sync = await open();
	await t.throwsAsync(sync.cycle(), {
		instanceOf: SheetsError,
		message: /does not accept the credentials \(Request had invalid authentication/,
	});
	t.deepEqual([proxy.count, google.count], [2, 2]);
});

const REFUSALS: [name: string, fault: GoogleSignInServer['fault'], sentence: RegExp][] = [
	[
		'a sign-in that is refused',
		answer(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }),
		/^Google’s sign-in \(http:.*\) does not accept the credentials \(invalid_grant: Invalid JWT Signature\.\); look at the credentials file/,
	],
	[
		'an account that was deleted',
		answer(401, { error: 'invalid_client', error_description: 'The OAuth client was not found.' }),
		/does not accept the credentials \(invalid_client: The OAuth client was not found\.\)/,
	],
	[
		'a sign-in that fails',
		answer(500, { error: 'internal_failure', error_description: 'Backend Error' }),
		/^Google’s sign-in .* failed \(500: internal_failure: Backend Error\); the sync tries again/,
	],
	['a page of HTML with 503', answer(503, '<html>Sorry…</html>'), /failed \(503: .*the sync tries again/],
	[
		'a page of HTML with 200',
		answer(200, '<html>Please sign in</html>'),
		/^Google’s sign-in .* answered without a token; the sync tries again/,
	],
	[
		'an answer without a token',
		answer(200, {}),
		/^Google’s sign-in .* answered without a token; the sync tries again/,
	],
	['a sign-in that is cut off', { when: 'before', how: 'cut' }, /^Cannot reach Google’s sign-in/],
	[
		'silence',
		{ when: 'before', how: 'silence' },
		/^Google’s sign-in .* gave no whole answer within 1 s; the sync tries again/,
	],
];
for (const [name, fault, sentence] of REFUSALS) {
	test(`${name}: one sentence, one request, no row at fault; and the sync goes on when sign-in works again`, async (t) => {
		const { world, proxy, google, open } = await signedInWorld(t, 'service account');
		await settle(await open());
		const sync = await open(1);
		await world.type('Talks!D3', [['Second']]);
		const signIns = google.count;
		const requests = proxy.count;
		google.fault = fault;
		await t.throwsAsync(sync.cycle(), { instanceOf: SheetsError, message: sentence });
		t.is(google.count, signIns + 1);
		t.is(proxy.count, requests);

		// In the middle of a cycle, where a refusal by the API would be that of a cell.
		google.fault = undefined;
		const patient = await open();
		await patient.cycle();
		google.fault = fault;
		google.takeBack();
		if (fault?.how !== 'silence') {
			await t.throwsAsync(patient.cycle(), { instanceOf: SheetsError, message: sentence });
			await t.throwsAsync(patient.cycle(), { instanceOf: SheetsError, message: sentence });
		}
		google.fault = undefined;
		await settle(patient);
		t.deepEqual(
			(await world.rows()).map(({ State, Error: said }) => [State, said]),
			[
				['UNEDITED', ''],
				['UNEDITED', ''],
			],
		);
	});
}

test('a token that expires between reading and writing, with no other to be had, makes no cell a refused one', async (t) => {
	const { world, proxy, google, open } = await signedInWorld(t, 'service account');
	const sync = await open();
	await settle(sync);
	await world.db.updateTable('events').set({ error: 'Look here.' }).execute();
	const let_in = proxy.before;
	let reads = 0;
	proxy.before = (request) => {
		if (/:batchUpdateByDataFilter$/.test(request.path)) {
			google.takeBack();
			google.fault = answer(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' });
		} else reads++;
		return let_in(request);
	};
	for (let cycle = 0; cycle < 3; cycle++) {
		google.fault = undefined;
		await t.throwsAsync(
			async () => {
				for (;;) await sync.cycle();
			},
			{ instanceOf: SheetsError, message: /^Google’s sign-in/ },
		);
	}
	t.true(reads >= 3);
	proxy.before = let_in;
	google.fault = undefined;
	await settle(sync);
	t.is((await world.rows())[0]?.Error, 'Look here.');
});

test('a clock that is wrong is what the sentence is about', async (t) => {
	const { google, open } = await signedInWorld(t, 'service account');
	google.skewSeconds = 7_200;
	await t.throwsAsync((await open()).cycle(), {
		message: /Invalid JWT: Token must be a short-lived token.*; set the clock of this machine right\.$/,
	});
	google.skewSeconds = 0;
	await settle(await open());
	t.pass();
});
