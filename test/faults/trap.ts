/** What happens before a step takes place, or after it took place and before the node hears of it. */
export interface Trap {
	when: 'before' | 'after';
	/** The step, or its answer, is held up until this is done. */
	act: () => void | Promise<void>;
	/** Whether the step, or its answer, is lost then. */
	drops: boolean;
}

/** Numbers what has the same name, so that each step has a name of its own. */
export class Counted {
	readonly #seen = new Map<string, number>();

	name(label: string): string {
		const number = (this.#seen.get(label) ?? 0) + 1;
		this.#seen.set(label, number);
		return `${label} #${number}`;
	}
}
