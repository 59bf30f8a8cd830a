import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type Answer, startMeddlingProxy } from '../sheet-sync/meddling-proxy.ts';
import { SPREADSHEET, startWorld } from '../sheet-sync/world.ts';
import { GoogleSignInServer } from '../support/google-sign-in-server.ts';
import { temporaryFolder } from '../support/recording.ts';
import { answers, freePorts, startService, writeConfig } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { ALL, longTest } from './extent.ts';

// A `cutsheet sheet-sync` with a service account, a sheet behind a proxy, and Google's sign-in: one fault after the other while
// people go on typing, and SQL goes on writing. Whoever asks is told; afterwards each row is its event, and all say the same.

const PROGRAM = path.join(import.meta.dirname, '../../services/bin/cutsheet');
const READS_PER_MINUTE = 300;

const notNow = (status: number): Answer => ({
	status,
	body: { error: { code: status, message: 'Not now.' } },
});

longTest(
	'a sheet-sync lives through all that may happen to its sheet, says what it is, and everything is right afterwards',
	async (t) => {
		t.timeout(10 * 60_000);
		const world = await startWorld(t);
		const proxy = await startMeddlingProxy(t, world.sheet.url);
		const google = await GoogleSignInServer.start(t);
		const folder = await temporaryFolder(t);
		const [port] = await freePorts(1);
		const config = await writeConfig(folder, 'sync', {
			database: { url: world.url },
			sheet: {
				spreadsheet: SPREADSHEET,
				endpoint: proxy.url,
				credentials: await google.writeServiceAccount(path.join(folder, 'key.json')),
				pollSeconds: 0.3,
				timeoutSeconds: 1,
				readsPerMinute: READS_PER_MINUTE,
				writesPerMinute: READS_PER_MINUTE,
			},
			health: { ports: { 'sheet-sync': port! } },
		});
		let trouble: Answer;
		const asked: number[] = [];
		proxy.before = ({ headers }) => {
			asked.push(performance.now());
			return trouble ?? (google.accepts(headers.authorization) ? undefined : notNow(401));
		};

		const phases: [name: string, begin: () => void, said: RegExp | undefined][] = [
			['a token that is taken back', () => google.takeBack(), undefined],
			[
				'silence',
				() => {
					trouble = 'silence';
				},
				/gave no whole answer within 1 s; the sync tries again/,
			],
			[
				'a spreadsheet that is deleted',
				() => {
					trouble = notNow(404);
				},
				/has no spreadsheet events; look at the id in its address/,
			],
			[
				'a sign-in that is refused',
				() => {
					google.takeBack();
					google.skewSeconds = 7_200;
				},
				/Google’s sign-in .* does not accept the credentials .*; set the clock of this machine right/,
			],
		];
		if (ALL) {
			const more: [Answer, RegExp][] = [
				['half', /Cannot reach http/],
				['lost', /Cannot reach http/],
				['short', /answered with something else/],
				[notNow(403), /share it with bot@project\.example as an editor/],
				[notNow(429), /its quota is used up/],
				[notNow(500), /failed \(500/],
				[{ status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }, /something else/],
				[{ status: 302, headers: { location: 'http://portal.invalid/' } }, /sends us elsewhere/],
			];
			for (const [answer, said] of more) {
				const begin = () => {
					trouble = answer;
				};
				phases.push([JSON.stringify(answer), begin, said]);
			}
		}

		await world.type('Talks!D2', [['Row 0']]);
		const sync = startService(t, ['sheet-sync', '--config', config]);
		const at = (what: string) => `http://127.0.0.1:${port}/${what}`;
		await until(async () => (await world.rows())[0]?.State === 'UNEDITED', 60);
		for (const [index, [name, begin, said]] of phases.entries()) {
			const from = sync.log().length;
			begin();
			await world.type(`Talks!D${index + 3}`, [[`Row ${index + 1}`]]);
			await world.db.updateTable('events').set({ error: name }).where('description', '=', 'Row 0').execute();
			if (said !== undefined) {
				await until(() => said.test(sync.log().slice(from)), 60);
				const ready = await (await fetch(at('readyz'))).text();
				t.regex(ready, said, name);
			}
			trouble = undefined;
			google.skewSeconds = 0;
			await until(async () => {
				const rows = await world.rows();
				return rows[0]?.Error === name && rows[index + 1]?.State === 'UNEDITED';
			}, 120);
			t.is((await answers(at('healthz'), [200], sync)).status, 200);
		}
		await until(
			async () =>
				(await fetch(at('readyz'))).status === 200 &&
				(await (await fetch(at('readyz'))).text()).includes('The sheet is in sync.'),
		);

		// The audit: each row has its event, ids are unique, state and error stand in the right row, nothing was ever removed.
		const rows = await world.rows();
		const events = await world.db.selectFrom('events').selectAll().execute();
		t.is(events.length, phases.length + 1);
		t.is(new Set(rows.map(({ ID }) => ID)).size, phases.length + 1);
		for (const [index, row] of rows.entries()) {
			t.is(row.Description, `Row ${index}`);
			const event = events.find(({ id }) => id === row.ID);
			t.like(event, { description: `Row ${index}`, state: 'UNEDITED', removed_from_sheet_at: null });
			t.deepEqual([row.State, row.Error], ['UNEDITED', event!.error ?? '']);
		}
		const history = await world.db.selectFrom('event_history').select('changes').execute();
		t.deepEqual(
			history.filter(
				({ changes }) => 'removed_from_sheet_at' in changes && changes.removed_from_sheet_at?.[1],
			),
			[],
		);

		// Every request is counted, and the quota was kept in each minute, with failures and second tries.
		const before = proxy.count - 1;
		const metrics = await (await fetch(at('metrics'))).text();
		const counted = [...metrics.matchAll(/^cutsheet_sheet_requests_total\{.*\} (\d+)$/gm)];
		const sum = counted.reduce((all, [, count]) => all + Number(count), 0);
		// It goes on reading while this is looked at.
		t.true(sum >= before && sum <= proxy.count, `${before}, ${sum}, ${proxy.count}`);
		t.regex(metrics, /cutsheet_sheet_requests_total\{kind="read",status="401"\} [1-9]/);
		for (const time of asked) {
			const within = asked.filter((other) => other >= time && other < time + 60_000);
			t.true(within.length <= 2 * READS_PER_MINUTE);
		}
		t.regex(metrics, /^cutsheet_sync_cycle_failures_total [1-9]/m);
		t.regex(sync.log(), /the sheet is in sync again/);
		// No secret ever reached the log.
		t.notRegex(sync.log(), /token-\d|PRIVATE KEY|eyJ/);

		const status = spawnSync(PROGRAM, ['status', '--config', config], { encoding: 'utf8' });
		t.regex(status.stdout, new RegExp(`^${phases.length + 1} events: ${phases.length + 1} unedited`));
		t.true(status.stdout.includes(`Row 0: ${phases.at(-1)![0]}`), status.stdout);
		t.is(await sync.stop(), 0);
	},
);
