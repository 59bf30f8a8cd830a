import { signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';

type SessionAnswer = paths['/api/session']['get']['responses'][200]['content']['application/json'];
export type SignedIn = NonNullable<SessionAnswer['account']>;
export type Role = SignedIn['role'];

const ORDER: readonly Role[] = ['viewer', 'editor', 'operator', 'admin'];

/** Who is signed in on this page; null before that is known. */
export const account = signal<SignedIn | null>(null);

/** Where the sheet can be opened; null for who may not, or when it is somewhere else. */
export const sheet = signal<string | null>(null);

/** Whether the person may do what takes that role. The server asks again: this is for what the page offers. */
export function may(role: Role): boolean {
	return account.value !== null && ORDER.indexOf(account.value.role) >= ORDER.indexOf(role);
}

/** Asks who is signed in, and goes to the sign-in when nobody is. */
export async function loadSession(): Promise<void> {
	const session = await answerOf(api.GET('/api/session'));
	account.value = session.account;
	sheet.value = session.sheet;
	if (session.account === null) goToSignIn();
}

/** To the sign-in, and back to this place afterwards. */
export function goToSignIn(): void {
	const here = location.pathname + location.search;
	location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
}

export async function signOut(): Promise<void> {
	await answerOf(api.DELETE('/api/session'));
	location.assign('/sign-in');
}
