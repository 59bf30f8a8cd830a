import { type Finding, fine, hint, problem } from './finding.ts';

/** One question for the time, all in ms since the epoch: by our clock before and after, by the server's between. */
export interface ClockReading {
	asked: number;
	answered: number;
	server: number;
}

/** Segments are named by the recorder's clock, and people read times off theirs: this is what they would notice (ms). */
const NOTICEABLE_MS = 1_000;
const BAD_MS = 10_000;

/** What the difference between this machine's clock and the database's means. The way there and back is half each. Pure. */
export function clockFinding(readings: readonly ClockReading[]): Omit<Finding, 'part'> {
	const best = readings.toSorted((a, b) => a.answered - a.asked - (b.answered - b.asked))[0]!;
	const unsure = (best.answered - best.asked) / 2;
	const ahead = best.asked + unsure - best.server;
	const off = Math.max(0, Math.abs(ahead) - unsure);
	const seconds = (Math.abs(ahead) / 1000).toFixed(1);
	const sentence = `The clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of the database.`;
	if (off > BAD_MS) {
		return problem(
			`${sentence} Leases hold all the same, but what is recorded here gets wrong times. Set it by NTP: timedatectl set-ntp true`,
		);
	}
	return off > NOTICEABLE_MS ? hint(`${sentence} Set both by NTP: timedatectl set-ntp true`) : fine(sentence);
}
