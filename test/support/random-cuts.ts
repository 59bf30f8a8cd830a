import type { Transition } from '../../cutter/cut/cut.ts';
import type { MadeVideo } from './judge.ts';

/** A cut by numbers of pictures: [from, to) of each range, in playing order. */
export interface RandomCut {
	bounds: [number, number][];
	transitions: Transition[] | undefined;
	mode: 'smart' | 'full';
	container: MadeVideo['container'];
}

/** A range is at least so many pictures long where ranges are joined: a transition has to fit into it at both ends. */
const SHORTEST = 30;

/** Cuts out of a source of so many pictures; the same ones for the same seed. Every fifth encodes all of it. */
export function randomCuts(seed: number, count: number, pictures: number): RandomCut[] {
	const random = generator(seed);
	const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
	return Array.from({ length: count }, (_, n) => {
		const ranges = pick([1, 1, 2, 3]);
		const least = ranges > 1 ? SHORTEST : 1;
		const bounds = Array.from({ length: ranges }, (): [number, number] => {
			const from = Math.floor(random() * (pictures - least - 1));
			return [from, from + least + Math.floor(random() * random() * (pictures - 1 - from - least))];
		});
		const kind = pick(['fade', 'wipeleft', 'dissolve', undefined, undefined]);
		return {
			bounds,
			transitions: kind === undefined ? kind : bounds.slice(1).map(() => ({ kind, seconds: 0.4 })),
			mode: n % 5 === 4 ? 'full' : 'smart',
			container: pick(['mpegts', 'mpegts', 'mp4', 'matroska'] as const),
		};
	});
}

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
