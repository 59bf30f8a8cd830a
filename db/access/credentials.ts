import { createHash, randomBytes } from 'node:crypto';

/**
 * A new secret for a cookie or a token: 256 random bits, in letters that need no quoting anywhere. Only its hash is kept.
 * A fast hash suffices: unlike a password, nobody can guess it.
 */
export function newSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** What the database keeps of a secret: SHA-256. */
export function secretHash(secret: string): Buffer {
	return createHash('sha256').update(secret).digest();
}
