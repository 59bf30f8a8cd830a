/** What the doctor looks at. */
export const PARTS = [
	...(['configuration', 'database', 'ffmpeg', 'disks', 'segments', 'sheet', 'locations', 'ports'] as const),
];
export type Part = (typeof PARTS)[number];

/** One thing that was looked at: fine, worth knowing, or to be mended. */
export interface Finding {
	part: Part;
	kind: 'fine' | 'hint' | 'problem';
	/** A sentence that says what is, where, and what to do. */
	sentence: string;
}

/** Looks at one thing. What it throws is a problem too. */
export type Check = () => Promise<Omit<Finding, 'part'>[]>;

export const fine = (sentence: string) => ({ kind: 'fine' as const, sentence });
export const hint = (sentence: string) => ({ kind: 'hint' as const, sentence });
export const problem = (sentence: string) => ({ kind: 'problem' as const, sentence });
