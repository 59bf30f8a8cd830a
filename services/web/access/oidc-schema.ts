import { z } from 'zod';
import { text } from '../../location-schema.ts';
import { ROLES } from './rights.ts';

/** Without TLS only on this machine: whoever can change what a provider answers can be anybody. */
const ISSUER = /^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/;

/** A provider of sign-ins that speaks OpenID Connect: Google, or one of one's own. */
export const oidcProviderSchema = z.strictObject({
	title: text('what the button says after “Sign in with”').exactOptional(),
	issuer: z
		.url({ error: "the provider's issuer, such as https://accounts.google.com" })
		.regex(ISSUER, { error: "the provider's issuer, which begins with https://" }),
	clientId: text('the id that the provider gave to this service'),
	clientSecretFile: text('the path of a file that holds the secret that the provider gave').exactOptional(),
	/** Who has no account yet may come in with a confirmed e-mail address of one of these domains … */
	domains: z
		.array(z.hostname({ error: 'a domain, such as example.org' }).toLowerCase(), {
			error: 'a list of domains',
		})
		.prefault([]),
	/** … and becomes that. */
	role: z.enum(ROLES, { error: `one of ${ROLES.join(', ')}` }).prefault('viewer'),
});

/** The key `web.signIn`: providers by a short name, which stands in the address that they lead people back to. */
export const signInSchema = z.record(
	z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, { error: 'a short name in lower case, such as google' }),
	oidcProviderSchema,
	{ error: 'providers to sign in with, each a short name with its settings' },
);

export type OidcProvider = z.output<typeof oidcProviderSchema>;
