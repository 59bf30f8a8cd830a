// Loaded into a process before everything else (node --import): its clock is wrong by CLOCK_SHIFT_MS. Only the clock of the
// day; the monotonic one, performance.now() and timers, goes on as on any machine whose date is wrong.

const shift = Number(process.env.CLOCK_SHIFT_MS);
const RightDate = Date;

globalThis.Date = class extends RightDate {
	constructor(...words: [] | ConstructorParameters<DateConstructor>) {
		if (words.length === 0) super(RightDate.now() + shift);
		else super(...words);
	}

	static override now(): number {
		return RightDate.now() + shift;
	}
} as DateConstructor;
