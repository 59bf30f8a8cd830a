import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

const run = promisify(execFile);

/** Filters that joins, cross-fades, thumbnails and waveforms are made with. */
const FILTERS = [
	...['xfade', 'acrossfade', 'aresample', 'scale', 'overlay', 'crop', 'format', 'setpts', 'trim', 'atrim'],
	...['asetpts', 'concat', 'tpad', 'fps', 'blend'],
];

/** Without these nothing is cut; without the others only streams of that codec. */
const ENCODERS = { libx264: 'H.264', aac: 'AAC' };
const RARER_ENCODERS = {
	libx265: 'HEVC',
	mp2: 'MPEG audio',
	libmp3lame: 'MP3',
	ac3: 'AC-3',
	libopus: 'Opus',
};

/** xfade came with 4.3; the kinds that the database allows are those of 5.1. */
const OLDEST_MAJOR = 5;

const ADVICE =
	'Install a full build (on Debian: apt-get install ffmpeg), or name one in FFMPEG_PATH and FFPROBE_PATH.';

/** Whether ffmpeg and ffprobe are there, and can do what cutting needs. */
export async function checkFfmpeg(): Promise<Omit<Finding, 'part'>[]> {
	const { ffmpeg, ffprobe } = await findFfmpeg();
	const ask = async (...words: string[]) => (await run(ffmpeg, ['-hide_banner', ...words])).stdout;
	const findings: Omit<Finding, 'part'>[] = [];
	for (const program of [ffmpeg, ffprobe]) {
		const said = await run(program, ['-version']).catch(() => undefined);
		if (said === undefined) return [problem(`${program} cannot be run. ${ADVICE}`)];
		const version = /version (\S+)/.exec(said.stdout)?.[1] ?? 'of no version';
		// Builds from the newest source are named by date or commit: N-123456-gabcdef.
		const major = Number(/^n?(\d+)\./.exec(version)?.[1] ?? OLDEST_MAJOR);
		findings.push(
			major < OLDEST_MAJOR
				? problem(
						`${program} is ${version}; ${OLDEST_MAJOR} is the oldest that will do. Install a newer one.`,
					)
				: fine(`${program} is ${version}.`),
		);
	}
	const encoders = namesIn(await ask('-encoders'));
	const filters = namesIn(await ask('-filters'));
	const lacking = (wanted: Record<string, string>) =>
		Object.entries(wanted).flatMap(([name, codec]) => (encoders.has(name) ? [] : [`${name} (${codec})`]));
	const needed = lacking(ENCODERS);
	if (needed.length > 0) findings.push(problem(`ffmpeg has no encoder ${needed.join(', ')}. ${ADVICE}`));
	const rarer = lacking(RARER_ENCODERS);
	if (rarer.length > 0) {
		findings.push(
			hint(`ffmpeg has no encoder ${rarer.join(', ')}: such streams cannot be cut exactly. ${ADVICE}`),
		);
	}
	const unfiltered = FILTERS.filter((name) => !filters.has(name));
	if (unfiltered.length > 0)
		findings.push(problem(`ffmpeg has no filter ${unfiltered.join(', ')}. ${ADVICE}`));
	if (needed.length + rarer.length + unfiltered.length === 0) {
		findings.push(fine('ffmpeg has every encoder and filter that is needed.'));
	}
	return findings;
}

/** The names in what `ffmpeg -encoders` or `-filters` prints: the second word of a line, behind flags. */
function namesIn(listing: string): Set<string> {
	return new Set([...listing.matchAll(/^\s*[A-Z.|]{2,6} (\S+)/gm)].map((match) => match[1]!));
}
