import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './exit-codes.ts';

/** What the units say before the colon of LoadCredential=; systemd puts it before the names of a folder's files. */
const PREFIX = 'cutsheet_';

/**
 * The file to read for a secret that the configuration names: the copy that systemd handed to this service (LoadCredential,
 * https://systemd.io/CREDENTIALS/) if it has one of that file name, else the file itself. So one configuration is right
 * for a service, which cannot read the file, and for root, who types a command by hand.
 */
export function secretFile(named: string, environment: NodeJS.ProcessEnv): string {
	const folder = environment.CREDENTIALS_DIRECTORY;
	if (!folder) return named;
	const name = path.basename(named);
	const copies = [path.join(folder, PREFIX + name), path.join(folder, name)];
	return copies.find((copy) => existsSync(copy)) ?? named;
}

/**
 * The secret in a file, without the end of its line. `setting`: which one names it.
 * @throws UsageError when it cannot be read or is empty; the message does not hold the secret.
 */
export async function readSecret(
	named: string,
	setting: string,
	environment: NodeJS.ProcessEnv,
): Promise<string> {
	const file = secretFile(named, environment);
	const secret = await readFile(file, 'utf8').catch((error: Error) => {
		throw new UsageError(`${setting}: the file ${file} cannot be read: ${error.message}.`);
	});
	if (secret.trim() === '') throw new UsageError(`${setting}: the file ${file} is empty.`);
	return secret.trim();
}
