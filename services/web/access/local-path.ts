/**
 * The path on this site that somebody wants to go to after the sign-in. Anything else, `//evil.example` say, becomes `/`:
 * a link to the sign-in must not lead people to another site afterwards. Pure; the sign-in page uses it too.
 */
export function localPath(wanted: string): string {
	const here = 'http://here.invalid';
	if (!wanted.startsWith('/') || !URL.canParse(wanted, here)) return '/';
	const url = new URL(wanted, here);
	return url.origin === here && url.pathname !== '/sign-in' ? url.pathname + url.search : '/';
}
