import type { Command } from 'commander';
import { checkSheet } from '../../sheet-sync/check-sheet.ts';
import { loadConfig } from '../config.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import { withConfig } from './arguments.ts';
import { sheetSyncOptions } from './sheet-sync.ts';

const MARKS = { fine: 'ok     ', hint: 'note   ', problem: 'PROBLEM' };

/** `cutsheet sheet-check`: what the sheet lacks before it can be synced. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Look whether the sheet can be read, written and understood, and say what is missing. Changes nothing. Exit code 3 if anything is.',
		)
		.action(async (options: { config?: string }) => {
			const findings = await checkSheet(sheetSyncOptions(await loadConfig(options.config)));
			for (const { kind, sentence } of findings) console.log(`${MARKS[kind]}  ${printable(sentence)}`);
			if (findings.some(({ kind }) => kind === 'problem')) process.exitCode = EXIT.refused;
		});
}
