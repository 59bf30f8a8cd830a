/** What the `cutsheet` command's exit code means. `--help` of the command says the same. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

/** The command was typed wrong, or its configuration is wrong. The message is a sentence for the person who did. */
export class UsageError extends Error {
	override name = 'UsageError';
}

/** What was asked for is not there, or a rule does not allow it. The message is a sentence. */
export class RefusedError extends Error {
	override name = 'RefusedError';
}
