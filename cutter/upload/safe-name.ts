/** Longest file name that common file systems take, in bytes of UTF-8: 255; with room for the `.jpg` of its picture. */
const MOST_BYTES = 255 - '.jpg'.length;

/** Of a longer title only so much is looked at: a cell of a sheet has up to 50,000 characters. */
const MOST_LOOKED_AT = 2_000;

/**
 * A file name made of a title: letters, digits and a little punctuation of any script stay, everything else (slashes,
 * control characters, marks that change the direction of writing, line ends) becomes a space. `ending` is kept whole.
 * Never empty, never hidden, never longer than 255 bytes, with `.jpg` behind it.
 */
export function safeName(title: string, ending: string): string {
	const words = title
		.slice(0, MOST_LOOKED_AT)
		.normalize('NFC')
		.replace(/[^\p{L}\p{M}\p{N} ._,()'&+!-]+/gu, ' ')
		.replace(/ +/g, ' ')
		.replace(/^[ .-]+|[ .]+$/g, '');
	const signs = [...(words === '' ? 'video' : words)];
	let bytes = Buffer.byteLength(signs.join('') + ending);
	while (bytes > MOST_BYTES) bytes -= Buffer.byteLength(signs.pop()!);
	return signs.join('').trimEnd() + ending;
}

/** Whether a value is the name of a file within a folder: no way out of it, and not the folder itself. */
export function isFileName(value: unknown): value is string {
	return typeof value === 'string' && !/^$|^\.\.?$|[/\0]/.test(value);
}
