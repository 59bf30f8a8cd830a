import { spawnSync } from 'node:child_process';

/**
 * Whether a program of a Debian package is there for a test to use. Where it is not, says so, for the tests that need it
 * to be left out; in CI, which installs it, that is an error.
 */
export function haveTool(program: string, debianPackage: string): boolean {
	if (spawnSync(program, ['--version']).error === undefined) return true;
	const sentence = `${program} is not there, so what needs it is not tested (apt-get install ${debianPackage}).`;
	if (process.env.CI) throw new Error(sentence);
	console.warn(sentence);
	return false;
}
