/** Passwords and their hashes: Argon2id, as Node brings it along. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import PQueue from 'p-queue';

/** What OWASP's Password Storage Cheat Sheet recommends first: 46 MiB, one pass. About 40 ms of a core. */
const COST = { memory: 47_104, passes: 1, parallelism: 1 };
const HASH_BYTES = 32;

/** As NIST SP 800-63B has it: length is what counts, and no rules about kinds of characters. */
export const LEAST_CHARACTERS = 10;
export const MOST_CHARACTERS = 200;

/** Each takes 46 MiB and a core: many sign-ins at once wait for each other instead of for memory. */
const queue = new PQueue({ concurrency: 2 });

/** What is wrong with a password that somebody chose, as a sentence; undefined when nothing is. Pure. */
export function passwordProblem(password: string, name: string): string | undefined {
	if (password.length < LEAST_CHARACTERS) {
		return `A password has ${LEAST_CHARACTERS} characters or more. Several words are easy to remember.`;
	}
	if (password.length > MOST_CHARACTERS) return `A password has ${MOST_CHARACTERS} characters or less.`;
	if (new Set(password).size < 4) return 'That password repeats a few characters only. Choose another one.';
	if (
		password.toLowerCase().includes(name.toLowerCase()) &&
		password.length < name.length + LEAST_CHARACTERS
	) {
		return 'That password is little more than your name. Choose another one.';
	}
	return undefined;
}

/** The hash to keep, as a PHC string that says how it was made. */
export async function hashPassword(password: string): Promise<string> {
	const salt = randomBytes(16);
	const hash = await derive(password, salt, COST);
	const cost = `m=${COST.memory},t=${COST.passes},p=${COST.parallelism}`;
	return `$argon2id$v=19$${cost}$${unpadded(salt)}$${unpadded(hash)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Whether it is the password of that hash. Without a hash the answer is no, after just as long. */
export async function verifyPassword(password: string, phc: string | null): Promise<boolean> {
	const [, memory, passes, parallelism, salt = '', hash = ''] = PHC.exec(phc ?? '') ?? [];
	if (memory === undefined) {
		await derive(password, randomBytes(16), COST);
		return false;
	}
	const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
	const expected = Buffer.from(hash, 'base64');
	return timingSafeEqual(
		await derive(password, Buffer.from(salt, 'base64'), cost, expected.length),
		expected,
	);
}

function derive(password: string, salt: Buffer, cost: typeof COST, tagLength = HASH_BYTES): Promise<Buffer> {
	// The same letters can be typed as different code points, depending on the keyboard.
	const message = password.normalize('NFC');
	return queue.add(
		() =>
			new Promise<Buffer>((resolve, reject) =>
				argon2('argon2id', { message, nonce: salt, tagLength, ...cost }, (error, hash) =>
					error ? reject(error) : resolve(hash),
				),
			),
	);
}

function unpadded(bytes: Buffer): string {
	return bytes.toString('base64').replace(/=+$/, '');
}
