import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SegmentStore } from '../../cutter/segments/store.ts';
import { createAccount } from '../../db/access/accounts.ts';
import { createToken } from '../../db/access/tokens.ts';
import { type Db, openDatabase } from '../../db/connect.ts';
import { startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { Processes } from '../../services/demo/processes.ts';
import { WORLDS, type World } from '../cutter/upload/worlds.ts';
import { freePorts } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { YoutubeServer } from '../support/youtube-server.ts';
import { FAILED_EXCHANGES_PERCENT, type LOCATION_SHARES } from './load.ts';
import { SheetPerson } from './sheet-person.ts';

export const CUTTERS = ['cutter-1', 'cutter-2', 'cutter-3'] as const;
const SERVICES = ['local-sheet', 'sheet-sync', 'web', 'record', ...CUTTERS] as const;
const SPREADSHEET = 'soak';
/** A service reads its modules from the disk, on a machine that starts eight of them. */
const PATIENCE_SECONDS = 120;

export type LocationName = keyof typeof LOCATION_SHARES;

/** An installation as operators have it: real processes and a PostgreSQL of its own, durable; fakes of other people's servers. */
export interface SoakWorld extends AsyncDisposable {
	db: Db;
	/** Where PostgreSQL's data lies. */
	serverFolder: string;
	processes: Processes;
	places: ReadonlyMap<LocationName, World>;
	sheet: SheetPerson;
	sheetUrl: string;
	webUrl: string;
	/** Where each process tells how it is. */
	health: ReadonlyMap<string, string>;
	store: SegmentStore;
	/** Of somebody with that role. */
	tokens: { viewer: string; editor: string; operator: string };
	spoolFolder: string;
}

/** Builds it in `folder`, which others may enter, and waits until everything answers and something is recorded. */
export async function buildWorld(folder: string, random: () => number): Promise<SoakWorld> {
	const left: (() => unknown)[] = [];
	const t = { teardown: (leave: () => unknown) => void left.push(leave) };
	const dispose = async () => {
		for (const leave of left.reverse()) await leave();
	};
	try {
		const serverFolder = join(folder, 'postgres');
		const server = await startEmbeddedPostgres({ folder: serverFolder, connections: 100 });
		t.teardown(() => server.leave({ always: true }));
		const database = openDatabase(server.url, { applicationName: 'soak' });
		t.teardown(() => database.close());
		const db = database.kysely;
		await migrate(db);
		const places = new Map<LocationName, World>();
		for (const kind of ['local', 'http', 's3', 'youtube'] as const) {
			const place = await WORLDS[kind](t);
			places.set(kind, place);
			misbehave(place, random);
		}
		const [sheetPort, webPort, ...healthPorts] = await freePorts(2 + SERVICES.length);
		const spoolFolder = join(folder, 'spool');
		const store = { base: join(folder, 'segments'), channel: 'soak', quality: 'source' };
		await mkdir(spoolFolder);
		const processes = new Processes(join(folder, 'logs'), {
			...process.env,
			DATABASE_URL: server.url,
			CUTSHEET_LOG_LEVEL: 'info',
			CUTSHEET_NODE: '',
			CUTSHEET_SEGMENTS: '',
		});
		t.teardown(() => processes.stop());
		const health = new Map<string, string>();
		const start = async (name: (typeof SERVICES)[number], port: number) => {
			const service = name.replace(/-\d$/, '');
			const config = {
				sheet: { spreadsheet: SPREADSHEET, pollSeconds: 0.5, readsPerMinute: 6000, writesPerMinute: 6000 },
				localSheet: { port: sheetPort },
				web: { port: webPort },
				health: { ports: { [service]: port } },
				cutter: {
					node: name,
					segments: store,
					spoolFolder,
					stateFolder: join(folder, 'state'),
					maxAttempts: 100,
					locations: Object.fromEntries([...places].map(([place, { config }]) => [place, config])),
				},
			};
			const file = join(folder, `${name}.yaml`);
			await writeFile(file, stringify(config));
			const words = service === 'record' ? ['record', '--test-stream'] : [service];
			await processes.start(name, words, { CUTSHEET_CONFIG: file });
			health.set(name, `http://127.0.0.1:${port}`);
		};
		for (const [index, name] of SERVICES.entries()) await start(name, healthPorts[index]!);
		for (const url of health.values()) await until(() => isReady(url), PATIENCE_SECONDS);
		const sheetUrl = `http://127.0.0.1:${sheetPort}`;
		return {
			...{ db, serverFolder, processes, places, sheetUrl, health, store, spoolFolder },
			sheet: new SheetPerson(sheetUrl, SPREADSHEET),
			webUrl: `http://127.0.0.1:${webPort}`,
			tokens: {
				viewer: await tokenOf(db, 'viewer'),
				editor: await tokenOf(db, 'editor'),
				operator: await tokenOf(db, 'operator'),
			},
			[Symbol.asyncDispose]: dispose,
		};
	} catch (error) {
		await dispose();
		throw error;
	}
}

function isReady(url: string): Promise<boolean> {
	return fetch(`${url}/readyz`).then(
		async (answer) => {
			await answer.arrayBuffer();
			return answer.ok;
		},
		() => false,
	);
}

async function tokenOf(db: Db, role: keyof SoakWorld['tokens']): Promise<string> {
	const accountId = await createAccount(db, { name: `the ${role}`, role });
	const { token } = await createToken(db, {
		accountId,
		name: 'soak',
		scopes: ['read', 'write'],
		expiresAt: null,
	});
	return token;
}

/** A server of other people: some exchanges fail, with an effect or without. */
function misbehave({ server }: World, random: () => number): void {
	if (!server) return;
	server.fault = () => {
		// YouTube works fast here: otherwise each event would be asked about again in a minute.
		if (server instanceof YoutubeServer) {
			for (const video of server.videos.values()) video.processing.uploadStatus = 'processed';
		}
		if (random() >= FAILED_EXCHANGES_PERCENT / 100) return undefined;
		const when = random() < 0.5 ? 'before' : 'after';
		return random() < 0.5
			? { when, how: 'cut' }
			: { when: 'before', how: 'answer', answer: { status: 503, body: 'busy' } };
	};
}
