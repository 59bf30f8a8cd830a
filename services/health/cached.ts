/** `read` at most once in `ms`: several metrics come of one reading, and several scrapers may ask. */
export function cached<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
	let value: Promise<T> | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	return () => {
		if (value === undefined || performance.now() - readAt >= ms) {
			readAt = performance.now();
			value = read();
		}
		return value;
	};
}
