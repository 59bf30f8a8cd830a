import type { SegmentIndex } from '../mpegts/segment-index.ts';
import type { Run } from '../source/run.ts';
import { indexOf, SegmentReader } from '../source/segment-file.ts';
import { listPictures, type PictureList } from './picture-list.ts';

/** Reads the segments of a run and remembers the indexes of those that it is asked for by `at` and `list`. */
export class RunIndexes {
	readonly #run: Run;
	readonly #reader = new SegmentReader();
	readonly #known = new Map<number, SegmentIndex>();

	constructor(run: Run) {
		this.#run = run;
	}

	/** The index of the run's segment `number`. @throws SegmentError when it cannot be read. */
	async at(number: number): Promise<SegmentIndex> {
		const known = this.#known.get(number);
		if (known !== undefined) return known;
		const index = await this.readOnce(number, this.#known.get(number - 1));
		this.#known.set(number, index);
		return index;
	}

	/** The same, not remembered: for whoever goes through all of a long run. */
	async readOnce(number: number, before: SegmentIndex | undefined): Promise<SegmentIndex> {
		const { path } = this.#run.segments[number]!;
		const bytes = await this.#reader.read(path);
		const index = indexOf(path, bytes, before);
		this.#reader.release(bytes);
		return index;
	}

	/** The pictures of the segments from number `from` to number `to`. */
	async list(from: number, to: number): Promise<PictureList> {
		const indexes: SegmentIndex[] = [];
		for (let number = from; number <= to; number++) indexes.push(await this.at(number));
		return listPictures(this.#run.segments, from, indexes);
	}
}
