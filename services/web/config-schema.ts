import { z } from 'zod';
import { text } from '../location-schema.ts';
import { signInSchema } from './access/oidc-schema.ts';

const count = (expected: string, least = 1) => z.int({ error: expected }).min(least, { error: expected });

/** The segment server of this node. */
const segments = z.strictObject({
	/** By default that of the cutter. */
	base: text('the folder of the segment store').exactOptional(),
	/** Links in the store that lead elsewhere are not followed, unless into one of these. */
	linksTo: z
		.array(text('a folder that links in the segment store may lead into'), { error: 'a list of folders' })
		.prefault([]),
});

/** The key `web`: pages, API and segment server. */
export const webSchema = z.strictObject({
	host: text('the address to listen on').prefault('127.0.0.1'),
	port: count('a port, 0 to 65535', 0).max(65_535, { error: 'a port, 0 to 65535' }).prefault(8014),
	/** Where browsers find it, when a proxy stands in between: names in links, and TLS. */
	publicUrl: z
		.url({ protocol: /^https?$/, error: 'the address that people open, such as https://cut.example.org' })
		.exactOptional(),
	/** Who may say, in X-Forwarded headers, where a request comes from. */
	trustProxy: z
		.array(text('the address of a proxy, a network such as 10.0.0.0/8, or loopback'), {
			error: 'a list of addresses of proxies',
		})
		.prefault(['loopback']),
	sessionDays: count('a whole number of days after which people sign in again, 1 or more').prefault(30),
	sessionIdleHours: count('a whole number of hours, 1 or more').prefault(7 * 24),
	signIn: signInSchema.prefault({}),
	segments: segments.prefault({}),
});
