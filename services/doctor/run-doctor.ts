import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Db, openDatabase } from '../../db/connect.ts';
import { type Config, loadConfig } from '../config.ts';
import { explainDatabaseError } from '../database-errors.ts';
import { UsageError } from '../exit-codes.ts';
import { journalFolderOf } from '../node-folders.ts';
import { withoutPasswords } from '../passwords.ts';
import { checkDatabase, type Program } from './check-database.ts';
import { checkFolders, type NeededFolder } from './check-disks.ts';
import { checkFfmpeg } from './check-ffmpeg.ts';
import { checkLocations } from './check-locations.ts';
import { checkNodes } from './check-nodes.ts';
import { checkPorts } from './check-ports.ts';
import { checkRecording } from './check-recording.ts';
import { type Check, type Finding, fine, hint, PARTS, type Part, problem } from './finding.ts';

/**
 * Looks at everything that this machine is configured for, or at the parts that are named, and says what is wrong and what
 * to do. Changes nothing. One part that fails stops no other.
 */
export async function runDoctor(configFile: string | undefined, named: readonly Part[]): Promise<Finding[]> {
	let config: Config;
	try {
		config = await loadConfig(configFile);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		return error.message.split('\n').map((sentence) => ({ part: 'configuration', ...problem(sentence) }));
	}
	const parts = named.length > 0 ? named : configuredParts(config);
	const checks = checksOf(config);
	const findings = await Promise.all(
		PARTS.filter((part) => parts.includes(part)).map(async (part) => {
			const found = await checks[part]().catch((error: Error) => [problem(error.message)]);
			return found.map(({ kind, sentence }) => ({ part, kind, sentence: withoutPasswords(sentence) }));
		}),
	);
	return findings.flat();
}

/** What the configuration says that this machine has to do with. */
function configuredParts({ cutter, record, sheet, health }: Config): Part[] {
	const cuts = Object.keys(cutter.locations).length > 0;
	const records = record.input !== undefined;
	const syncs =
		sheet.spreadsheet !== 'cutsheet' ||
		sheet.credentials !== undefined ||
		health.ports['sheet-sync'] !== undefined;
	return [
		...(['configuration', 'database', 'ports'] as const),
		...(cuts || records ? (['ffmpeg', 'disks', 'segments'] as const) : []),
		...(cuts ? (['locations'] as const) : []),
		...(syncs ? (['sheet'] as const) : []),
	];
}

/** The programs of this machine that say where they tell how they are, or without which what is configured means nothing. */
function programsOf({ cutter, health: { ports } }: Config): Program[] {
	return [
		...(Object.keys(cutter.locations).length > 0 ? (['cutter'] as const) : []),
		...(ports['sheet-sync'] !== undefined ? (['sheet-sync'] as const) : []),
		...(ports.web !== undefined ? (['web'] as const) : []),
	];
}

function checksOf(config: Config): Record<Part, Check> {
	const { url, directUrl } = config.database;
	const { cutter } = config;
	return {
		configuration: async () => [fine('The configuration can be read, and every setting in it is known.')],
		database: async () => {
			if (url === undefined) {
				return [
					hint(
						'No database is configured, so a command starts one of its own, for this machine only. Set database.url.',
					),
				];
			}
			return checkDatabase(url, {
				...(directUrl !== undefined && { directUrl }),
				programs: programsOf(config),
			});
		},
		ffmpeg: checkFfmpeg,
		disks: () => checkFolders(neededFolders(config)),
		segments: () => checkRecording(cutter.segments, new Date()),
		sheet: async () => {
			// Google's client takes its time to load.
			const { sheetSyncOptions } = await import('../commands/sheet-sync.ts');
			const { checkSheet } = await import('../../sheet-sync/check-sheet.ts');
			const options = sheetSyncOptions(config);
			const led =
				url === undefined
					? []
					: await withDatabase(url, async (db) => {
							const { checkLeader } = await import('./check-leader.ts');
							return checkLeader(db, options.spreadsheetId);
						}).catch((error) => [hint(notKnown('Whether a sheet-sync leads', error))]);
			return [...(await checkSheet(options)), ...led];
		},
		locations: async () => {
			if (Object.keys(cutter.locations).length === 0) {
				return [problem('cutter.locations names no upload location, so there is nowhere to put a video.')];
			}
			if (url === undefined) return checkLocations(config, undefined);
			return withDatabase(url, async (db) => {
				return [
					...(await checkNodes(db, cutter.node).catch((error) => [
						hint(notKnown('Which other nodes run', error)),
					])),
					...(await checkLocations(config, db).catch(async (error) => [
						hint(notKnown('Whether other nodes are configured alike', error)),
						...(await checkLocations(config, undefined)),
					])),
				];
			});
		},
		ports: () => checkPorts(config),
	};
}

function notKnown(what: string, error: unknown): string {
	const why = explainDatabaseError(error) ?? (error as Error).message;
	return `${what} is not known: ${why.replace(/\.$/, '')}.`;
}

async function withDatabase<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
	const database = openDatabase(url, { applicationName: 'cutsheet-doctor', connections: 1 });
	try {
		return await work(database.kysely);
	} finally {
		await database.close();
	}
}

function neededFolders({ cutter, record }: Config): NeededFolder[] {
	const records = record.input !== undefined;
	const cuts = Object.keys(cutter.locations).length > 0;
	const { segments, spoolFolder, stateFolder, node } = cutter;
	const journal = journalFolderOf(cutter);
	// What lies below a folder may belong to somebody else: to whoever started the node by hand, say.
	const kept = [journal, dirname(journal)].find(existsSync) ?? stateFolder;
	return [
		{ folder: segments.base, purpose: 'recorded segments', written: records, made: records },
		...(cuts
			? [
					{ folder: spoolFolder, purpose: 'videos being cut', written: true, made: true },
					{
						...{ folder: kept, written: true, made: true },
						purpose: `the journal of node ${node}, which without it publishes nothing`,
					},
					...locationFolders(cutter.locations),
				]
			: []),
	];
}

/** One that is missing is told with its location. */
function locationFolders(locations: Config['cutter']['locations']): NeededFolder[] {
	return Object.entries(locations).flatMap(([name, location]) =>
		location.kind === 'local' && existsSync(location.path)
			? [{ folder: location.path, purpose: `upload location “${name}”`, written: true, made: false }]
			: [],
	);
}
