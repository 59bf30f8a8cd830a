/** Whether a list of entity tags, or `*`, has this one, weak or not (RFC 9110, 13.1.2: compared weakly). */
export function matchesTag(list: string | undefined, tag: string): boolean {
	if (list === undefined) return false;
	return list.split(',').some((one) => one.trim() === '*' || strong(one) === strong(tag));
}

function strong(tag: string): string {
	return tag.trim().replace(/^W\//, '');
}
