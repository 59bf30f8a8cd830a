// `npm test`: one embedded PostgreSQL for the whole run, with the schema in a template database; ava's arguments are
// passed on: npm test -- test/db/claim.test.ts --match '*whitelist*'
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { prepareTemplate } from './support/database.ts';

const root = join(import.meta.dirname, '..');
const folder = await mkdtemp(join(tmpdir(), 'cutsheet-test-'));
await chmod(folder, 0o711);
const binaries = process.env.CUTSHEET_TEST_POSTGRES_BIN;
const server = await startEmbeddedPostgres({
	folder: join(folder, 'postgres'),
	durable: false,
	...(binaries && { binaries }),
});
try {
	await prepareTemplate(server.url);
	const ava = spawn(
		process.execPath,
		[join(root, 'node_modules/ava/entrypoints/cli.js'), ...process.argv.slice(2)],
		{
			cwd: root,
			stdio: 'inherit',
			env: {
				...process.env,
				CUTSHEET_TEST_DATABASE: server.url,
				CUTSHEET_TEST_FOLDER: folder,
				// As services/bin/cutsheet: what Node compiles and strips of types takes a quarter of a short file's time.
				NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
			},
		},
	);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ava.kill(signal));
	process.exitCode = await new Promise<number>((done) => ava.once('exit', (code) => done(code ?? 1)));
} finally {
	await server.leave({ always: true });
	await rm(folder, { recursive: true, force: true });
}
