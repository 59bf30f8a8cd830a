import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './exit-codes.ts';

/** A password may come through a pipe (`… < file`): its first line. Longer than this is no password. */
const MOST_BYTES = 4_096;

/**
 * A password from the person at the terminal, asked for twice and shown never; else from standard input. Never from an
 * argument: those can be read by everybody on the machine, and stay in the shell's history.
 * @throws UsageError when there is none, or the two differ
 */
export async function readNewPassword(
	input: NodeJS.ReadStream = process.stdin,
	output: NodeJS.WritableStream = process.stderr,
): Promise<string> {
	if (!input.isTTY) return firstLine(input);
	// Readline shows what is typed by writing it; here that goes nowhere.
	const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input, output: nowhere, terminal: true });
	// Without a listener of ours Ctrl-C would be lost: the terminal hands it to readline.
	lines.once('SIGINT', () => lines.close());
	try {
		const typed = lines[Symbol.asyncIterator]();
		const ask = async (question: string) => {
			output.write(question);
			const { value, done } = await typed.next();
			output.write('\n');
			if (done) throw new UsageError('No password was typed. Nothing has changed.');
			return value;
		};
		const password = await ask('New password: ');
		if ((await ask('Once more: ')) !== password) {
			throw new UsageError('The two passwords differ. Nothing has changed.');
		}
		return password;
	} finally {
		lines.close();
	}
}

async function firstLine(input: NodeJS.ReadableStream): Promise<string> {
	let text = '';
	for await (const chunk of input) {
		text += String(chunk);
		if (text.length > MOST_BYTES) break;
	}
	const [line = ''] = text.split(/\r?\n/);
	if (line === '') {
		throw new UsageError('There is no password on standard input. Type: … < FILE, or run it in a terminal.');
	}
	return line;
}
