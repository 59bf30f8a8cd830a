import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type CutterLocation, locationHash } from '../../cutter/upload/cutter-location.ts';
import { IDENTITY_NAME } from '../../cutter/upload/identity.ts';
import type { Db } from '../../db/connect.ts';
import type { Config } from '../config.ts';
import { openNamed } from '../locations.ts';
import { type Finding, fine, problem } from './finding.ts';

/** A location that does not take a few bytes within this time (ms) does not work. */
const TRIAL_MS = 30_000;

/**
 * Whether each upload location takes videos: an upload is begun and given up, so that nothing is left there. With the
 * database also whether other nodes configure it alike.
 */
export async function checkLocations(config: Config, db: Db | undefined): Promise<Omit<Finding, 'part'>[]> {
	const names = Object.keys(config.cutter.locations);
	return (await Promise.all(names.map((name) => checkLocation(name, config, db)))).flat();
}

async function checkLocation(
	name: string,
	config: Config,
	db: Db | undefined,
): Promise<Omit<Finding, 'part'>[]> {
	const what = `Upload location “${name}”`;
	const settings = config.cutter.locations[name]!;
	const before = settings.kind === 'local' ? await readdir(settings.path).catch(() => undefined) : undefined;
	let opened: CutterLocation;
	try {
		const location = await openNamed(name, config);
		try {
			await tryUpload(location);
		} finally {
			// A folder that was never used is given an identity by opening it; the doctor leaves it as it was.
			if (settings.kind === 'local' && before && !before.includes(IDENTITY_NAME)) {
				await rm(path.join(settings.path, IDENTITY_NAME), { force: true });
			}
		}
		opened = location;
	} catch (error) {
		const { message } = error as Error;
		return [problem(message.startsWith('Upload location') ? message : `${what}: ${message}`)];
	}
	const doubled = db && (await disagreement(name, opened, db));
	return [fine(`${what} (${settings.kind}) takes videos.`), ...(doubled ? [problem(doubled)] : [])];
}

/** Sends a few bytes and takes them back. YouTube counts each begun upload, so it is only asked to let us in. */
async function tryUpload({ upload }: CutterLocation): Promise<void> {
	if (upload.kind === 'youtube') {
		await upload.processing?.('cutsheet');
		return;
	}
	const folder = await mkdtemp(path.join(os.tmpdir(), 'cutsheet-doctor-'));
	try {
		const session = await upload.begin({ title: 'cutsheet doctor', description: '' });
		try {
			const file = upload.spoolFile(session) ?? path.join(folder, 'trial');
			await writeFile(file, 'cutsheet doctor: this is removed at once.\n');
			await upload.send(session, file, AbortSignal.timeout(TRIAL_MS));
		} finally {
			await upload.discard(session);
		}
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function disagreement(name: string, location: CutterLocation, db: Db): Promise<string | undefined> {
	const known = await db
		.selectFrom('locations')
		.select(['kind', 'config_hash', 'registered_by'])
		.where('name', '=', name)
		.executeTakeFirst();
	if (!known || known.config_hash === locationHash(location)) return undefined;
	return (
		`Upload location “${name}” is configured here (${location.upload.kind}) differently from ${known.registered_by} ` +
		`(${known.kind}). Make the configurations alike; if it is to change, restart all of its cutters.`
	);
}
