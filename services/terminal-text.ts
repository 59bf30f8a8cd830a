/** Text of strangers in a terminal: titles of a sheet, answers of servers, names of files. */

/**
 * Control characters but tab and line end, which may move the cursor, colour, or make the terminal type; and the marks that
 * turn the direction of writing or part lines. Joiners and variation selectors stay: emoji and many scripts need them.
 */
const UNPRINTABLE = /[[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]--[\t\n]]/gv;

/** What cannot do anything but be read: each such character as `\u001b`. Inside of JSON it stays the same text. */
export function printable(text: string): string {
	return text.replace(UNPRINTABLE, (sign) => escaped(sign.charCodeAt(0)));
}

/**
 * A log line of JSON, so that what is decoded from it is printable: escapes of control characters become text of their own.
 * Tabs and line ends stay, for stack traces.
 */
export function printableOnceDecoded(json: string): string {
	return json
		.replace(/\\(?:u00([01][0-9a-f]|7f|[89][0-9a-f])|.)/gi, (sequence, code: string | undefined) => {
			if (code !== undefined) return `\\${escaped(Number.parseInt(code, 16))}`;
			return /^\\[bfr]$/.test(sequence) ? `\\${sequence}` : sequence;
		})
		.replace(UNPRINTABLE, (sign) => `\\${escaped(sign.charCodeAt(0))}`);
}

function escaped(code: number): string {
	return `\\u${code.toString(16).padStart(4, '0')}`;
}
