import { Argument, type Command } from 'commander';
import { type Finding, PARTS, type Part } from '../doctor/finding.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import { withConfig } from './arguments.ts';

const MARKS = { fine: 'ok     ', hint: 'note   ', problem: 'PROBLEM' };

/** `cutsheet doctor`: what is wrong on this machine, and what to do. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Look at all that this machine is configured for, and say what is wrong and what to do. Changes nothing. Run it as the user of the services. Exit code 3 if anything has to be mended.',
		)
		.addArgument(
			new Argument('[part...]', 'look at these only; default: at what is configured').choices(PARTS),
		)
		.option('--json', 'print JSON instead of text')
		.action(async (parts: Part[], options: { config?: string; json?: true }) => {
			const findings = await runDoctor(options.config, parts);
			const problems = findings.filter(({ kind }) => kind === 'problem').length;
			console.log(
				printable(
					options.json ? JSON.stringify({ ok: problems === 0, findings }, undefined, 2) : describe(findings),
				),
			);
			if (problems > 0) process.exitCode = EXIT.refused;
		});
}

function describe(findings: readonly Finding[]): string {
	const lines: string[] = [];
	let part: Part | undefined;
	for (const finding of findings) {
		if (finding.part !== part) lines.push(`${finding.part}:`);
		part = finding.part;
		lines.push(`  ${MARKS[finding.kind]}  ${finding.sentence}`);
	}
	const problems = findings.filter(({ kind }) => kind === 'problem').length;
	lines.push('', problems === 0 ? 'Nothing has to be mended.' : `To be mended: ${problems}.`);
	return lines.join('\n');
}
