/** What a location takes in titles and descriptions, as the table locations says it; absent = no limit. */
export interface TextLimits {
	title_max_characters?: number | undefined;
	description_max_bytes?: number | undefined;
	/** Each character of it is refused. */
	forbidden_characters?: string | undefined;
}

/** How much of a limit is used, and what is wrong, as a sentence. */
export interface Counted {
	readonly used: number;
	readonly most: number | undefined;
	readonly problem: string | undefined;
}

/** Counts a title as the database does: by Unicode characters (char_length), not by UTF-16 units. */
export function countTitle(title: string, limits: TextLimits): Counted {
	const used = [...title].length;
	const most = limits.title_max_characters;
	const problem =
		title.trim() === ''
			? 'The title is empty; a video needs one.'
			: most !== undefined && used > most
				? `The title has ${used} characters; this location takes ${most}.`
				: forbiddenIn(title, limits, 'title');
	return { used, most, problem };
}

/** Counts what the location will get as the description, chapters and all: by the bytes of its UTF-8 (octet_length). */
export function countDescription(published: string, limits: TextLimits): Counted {
	const used = new TextEncoder().encode(published).length;
	const most = limits.description_max_bytes;
	const problem =
		most !== undefined && used > most
			? `The description has ${used} bytes with its chapters; this location takes ${most}.`
			: forbiddenIn(published, limits, 'description');
	return { used, most, problem };
}

function forbiddenIn(text: string, { forbidden_characters = '' }: TextLimits, what: string) {
	const found = [...new Set(forbidden_characters)].filter((character) => text.includes(character));
	return found.length === 0 ? undefined : `This location takes no ${found.join(' ')} in a ${what}.`;
}
