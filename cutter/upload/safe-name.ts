/** Longest file name that common file systems take, in bytes of UTF-8. */
const MOST_BYTES = 255;

/**
 * A file name made of a title: letters, digits and a little punctuation of any script stay, everything else (slashes,
 * control characters, marks that change the direction of writing, line ends) becomes a space. `ending` is kept whole.
 * Never empty, never hidden, never longer than 255 bytes.
 */
export function safeName(title: string, ending: string): string {
	const words = title
		.normalize('NFC')
		.replace(/[^\p{L}\p{M}\p{N} ._,()'&+!-]+/gu, ' ')
		.replace(/ +/g, ' ')
		.replace(/^[ .-]+|[ .]+$/g, '');
	let name = words === '' ? 'video' : words;
	while (Buffer.byteLength(name + ending) > MOST_BYTES) {
		name = [...name].slice(0, -1).join('').trimEnd();
	}
	return name + ending;
}

/** Whether a value is the name of a file within a folder: no way out of it, and not the folder itself. */
export function isFileName(value: unknown): value is string {
	return typeof value === 'string' && !/^$|^\.\.?$|[/\0]/.test(value);
}
