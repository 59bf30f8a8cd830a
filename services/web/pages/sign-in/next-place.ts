/**
 * Where to go after the sign-in: the path that `next` names, when it is one of ours. Anything else would let a link to
 * the sign-in lead people to another site afterwards. Pure.
 */
export function nextPlace(search: string, origin: string): string {
	const next = new URLSearchParams(search).get('next') ?? '/';
	if (!next.startsWith('/') || !URL.canParse(next, origin)) return '/';
	const url = new URL(next, origin);
	return url.origin === origin && url.pathname !== '/sign-in' ? url.pathname + url.search : '/';
}
