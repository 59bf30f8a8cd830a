/** Who comes in after a sign-in with a provider: decided here, without I/O. */
import type { OidcProvider } from './oidc-schema.ts';
import type { Role } from './rights.ts';

/** What a provider says about the person, in a token that it has signed. */
export interface Claims {
	subject: string;
	/** In lower case; only if the provider has confirmed that it is theirs. */
	email: string | undefined;
	name: string | undefined;
}

/** The account that the claims may be about. */
export interface CandidateAccount {
	id: string;
	disabled_at: Date | null;
	/** Who the person is at a provider, once linked. */
	subject: string | null;
}

export type Admission =
	/** The account is theirs already. */
	| { kind: 'known'; id: string }
	/** An admin made the account beforehand, with that address: it becomes theirs. */
	| { kind: 'link'; id: string }
	| { kind: 'create'; role: Role; name: string; email: string }
	| { kind: 'refused'; why: 'disabled' | 'unknown' | 'unconfirmed' };

/**
 * @param linked the account that belongs to this person at this provider
 * @param invited the account with the person's confirmed address
 */
export function admit(
	provider: Pick<OidcProvider, 'domains' | 'role'>,
	claims: Claims,
	linked: CandidateAccount | undefined,
	invited: CandidateAccount | undefined,
): Admission {
	const account = linked ?? invited;
	if (account?.disabled_at) return { kind: 'refused', why: 'disabled' };
	if (linked) return { kind: 'known', id: linked.id };
	if (claims.email === undefined) return { kind: 'refused', why: 'unconfirmed' };
	if (invited) {
		// It is somebody's already: another person now has the address, or comes from another provider.
		if (invited.subject !== null) return { kind: 'refused', why: 'unknown' };
		return { kind: 'link', id: invited.id };
	}
	const domain = claims.email.slice(claims.email.lastIndexOf('@') + 1);
	if (!provider.domains.includes(domain)) return { kind: 'refused', why: 'unknown' };
	return { kind: 'create', role: provider.role, name: personName(claims), email: claims.email };
}

/** What the history will call them: never the address, which viewers do not get to see. */
function personName({ name = '', email = '' }: Claims): string {
	const plain = name
		.replace(/\p{Cc}+/gu, ' ')
		.trim()
		.slice(0, 80)
		.trim();
	return plain === '' || plain.includes('@') ? email.slice(0, email.lastIndexOf('@')).slice(0, 80) : plain;
}
