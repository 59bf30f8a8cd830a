import { access, constants, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type Config, type ConfigProblem, checkConfig, isDatabaseUrl } from './config-schema.ts';
import { UsageError } from './exit-codes.ts';
import { LOCATION_PATHS, LOCATION_SECRETS } from './location-schema.ts';
import { readSecret, secretFile } from './secret-files.ts';

export type { Config } from './config-schema.ts';

/** Where the file is looked for when nobody names one, in this order. */
const DEFAULT_FILES = ['cutsheet.yaml', '/etc/cutsheet.yaml', '/etc/cutsheet/cutsheet.yaml'];

/** The environment variables that set something. They win over the file. */
export const ENVIRONMENT_HELP = `
Configuration: one YAML file, named by --config or CUTSHEET_CONFIG, else ./cutsheet.yaml, /etc/cutsheet.yaml or
/etc/cutsheet/cutsheet.yaml. Files with secrets that it names are taken from $CREDENTIALS_DIRECTORY where systemd put them.
Environment (wins over the file):
  DATABASE_URL                    the PostgreSQL server; without one the embedded server is used
  DATABASE_DIRECT_URL             the server itself, where DATABASE_URL is of a pooler in transaction mode
  CUTSHEET_NODE                   this cutter node's name
  CUTSHEET_SEGMENTS               the folder of the segment store
  GOOGLE_APPLICATION_CREDENTIALS  the key file of a Google service account
  CUTSHEET_LOG_LEVEL              debug, info (default), warn, error or silent
  FFMPEG_PATH, FFPROBE_PATH       the programs to use`;

/**
 * Reads the configuration file, adds the environment, and checks it all. `named` is the file that --config names.
 * Relative paths in a file are relative to it.
 * @throws UsageError with one line per problem: file, line, key, what is there and what was expected.
 */
export async function loadConfig(named: string | undefined, environment = process.env): Promise<Config> {
	const chosen = named ?? (environment.CUTSHEET_CONFIG || undefined);
	const found = chosen === undefined ? await firstDefault() : { file: chosen, text: await readNamed(chosen) };
	const lines = new LineCounter();
	const document = found && parseDocument(found.text, { lineCounter: lines });
	const syntax = document?.errors[0];
	if (found && syntax) throw new UsageError(`${found.file}: ${syntax.message}`);
	const raw: unknown = document?.toJS() ?? {};
	const checked = checkConfig(withEnvironment(raw, environment));
	if ('problems' in checked) {
		const place = (problem: ConfigProblem) => {
			const node = document?.getIn(problem.path, true) as { range?: [number] } | undefined;
			return node?.range
				? `${found?.file}:${lines.linePos(node.range[0]).line}`
				: (found?.file ?? 'environment');
		};
		throw new UsageError(
			checked.problems.map((problem) => `${place(problem)}: ${problem.sentence}`).join('\n'),
		);
	}
	const folder = found ? path.dirname(path.resolve(found.file)) : process.cwd();
	return withSecrets(withAbsolutePaths(checked.config, folder, environment), environment);
}

/** The configuration with what it leaves to files: the database's URL and the sheets' tokens. */
async function withSecrets(config: Config, environment: NodeJS.ProcessEnv): Promise<Config> {
	const { database, sheet, publishSheet, localSheet } = config;
	const read = (file: string, setting: string) => readSecret(file, setting, environment);
	if (database.url === undefined && database.urlFile !== undefined) {
		database.url = await databaseUrlIn(database.urlFile, 'database.urlFile', environment);
	}
	if (database.directUrl === undefined && database.directUrlFile !== undefined) {
		database.directUrl = await databaseUrlIn(database.directUrlFile, 'database.directUrlFile', environment);
	}
	if (sheet.token === undefined && sheet.tokenFile !== undefined) {
		sheet.token = await read(sheet.tokenFile, 'sheet.tokenFile');
	}
	if (localSheet.token === undefined && localSheet.tokenFile !== undefined) {
		localSheet.token = await read(localSheet.tokenFile, 'localSheet.tokenFile');
	}
	if (
		publishSheet !== undefined &&
		publishSheet.token === undefined &&
		publishSheet.tokenFile !== undefined
	) {
		publishSheet.token = await read(publishSheet.tokenFile, 'publishSheet.tokenFile');
	}
	return config;
}

async function databaseUrlIn(file: string, setting: string, environment: NodeJS.ProcessEnv): Promise<string> {
	const url = await readSecret(file, setting, environment);
	if (isDatabaseUrl(url)) return url;
	throw new UsageError(
		`${setting}: ${file} does not hold a URL such as postgres://user:password@host:port/name.`,
	);
}

async function readNamed(file: string): Promise<string> {
	return readFile(file, 'utf8').catch((error: Error) => {
		throw new UsageError(`The configuration file ${file} cannot be read: ${error.message}.`);
	});
}

async function firstDefault(): Promise<{ file: string; text: string } | undefined> {
	for (const file of DEFAULT_FILES) {
		try {
			return { file, text: await readFile(file, 'utf8') };
		} catch (error) {
			// Of a folder that may not be entered nobody means the file: root types sudo -u postgres in a home of its own.
			const folderIsClosed = await access(path.dirname(file), constants.X_OK).then(
				() => false,
				() => true,
			);
			if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !folderIsClosed) {
				throw new UsageError(`The configuration file ${file} cannot be read: ${(error as Error).message}.`);
			}
		}
	}
	return undefined;
}

/** The file's content with what the environment sets in it; left alone where it is no table of settings. */
function withEnvironment(raw: unknown, environment: NodeJS.ProcessEnv): unknown {
	const settings: [string[], string | undefined][] = [
		[['database', 'url'], environment.DATABASE_URL],
		[['database', 'directUrl'], environment.DATABASE_DIRECT_URL],
		[['cutter', 'node'], environment.CUTSHEET_NODE],
		[
			['cutter', 'segments', 'base'],
			environment.CUTSHEET_SEGMENTS && path.resolve(environment.CUTSHEET_SEGMENTS),
		],
		[['sheet', 'credentials'], environment.GOOGLE_APPLICATION_CREDENTIALS],
	];
	return settings.reduce((config, [keys, value]) => (value ? withValue(config, keys, value) : config), raw);
}

function withValue(config: unknown, [key, ...rest]: string[], value: string): unknown {
	if (key === undefined) return value;
	const table = config ?? {};
	if (typeof table !== 'object' || Array.isArray(table)) return config;
	return { ...table, [key]: withValue((table as Record<string, unknown>)[key], rest, value) };
}

function withAbsolutePaths(config: Config, folder: string, environment: NodeJS.ProcessEnv): Config {
	const absolute = (file: string) => path.resolve(folder, file);
	const secret = (file: string) => secretFile(absolute(file), environment);
	const { cutter, sheet, publishSheet, localSheet, database, web } = config;
	const locations = Object.entries(cutter.locations).map(([name, location]) => [
		name,
		Object.fromEntries(
			Object.entries(location).map(([key, value]) => {
				if (typeof value !== 'string') return [key, value];
				if (LOCATION_SECRETS.has(key)) return [key, secret(value)];
				return [key, LOCATION_PATHS.has(key) ? absolute(value) : value];
			}),
		),
	]);
	return {
		...config,
		database: {
			...database,
			...(database.embeddedFolder && { embeddedFolder: absolute(database.embeddedFolder) }),
			...(database.urlFile && { urlFile: absolute(database.urlFile) }),
			...(database.directUrlFile && { directUrlFile: absolute(database.directUrlFile) }),
		},
		sheet: withSecretPaths(sheet, absolute, secret),
		localSheet: withSecretPaths(localSheet, absolute, secret),
		...(publishSheet && { publishSheet: withSecretPaths(publishSheet, absolute, secret) }),
		web: {
			...web,
			signIn: Object.fromEntries(
				Object.entries(web.signIn).map(([name, { clientSecretFile, ...provider }]) => [
					name,
					{ ...provider, ...(clientSecretFile && { clientSecretFile: absolute(clientSecretFile) }) },
				]),
			),
			segments: {
				...web.segments,
				...(web.segments.base && { base: absolute(web.segments.base) }),
				linksTo: web.segments.linksTo.map(absolute),
			},
		},
		cutter: {
			...cutter,
			segments: { ...cutter.segments, base: absolute(cutter.segments.base) },
			spoolFolder: absolute(cutter.spoolFolder),
			stateFolder: absolute(cutter.stateFolder),
			templates: Object.fromEntries(
				Object.entries(cutter.templates).map(([name, file]) => [name, absolute(file)]),
			),
			locations: Object.fromEntries(locations) as Config['cutter']['locations'],
		},
	};
}

/** `tokenFile` is read by us, which looks for systemd's copy; `credentials` by the client of the sheet. */
function withSecretPaths<T extends { credentials?: string; tokenFile?: string }>(
	settings: T,
	absolute: (file: string) => string,
	secret: (file: string) => string,
): T {
	return {
		...settings,
		...(settings.credentials && { credentials: secret(settings.credentials) }),
		...(settings.tokenFile && { tokenFile: absolute(settings.tokenFile) }),
	};
}
