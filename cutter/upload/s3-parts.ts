/** One part of a multipart upload: bytes `[start, end)` of the file. Numbers begin at 1. */
export interface PartPlan {
	number: number;
	start: number;
	end: number;
}

const MEBIBYTE = 2 ** 20;
/** Small enough to send again after an interruption, large enough that a request costs little. */
const USUAL_PART_BYTES = 16 * MEBIBYTE;
/** Limits of S3 (User Guide, "Amazon S3 multipart upload limits"); at least 5 MiB a part but the last is kept anyway. */
const MOST_PARTS = 10_000;

/**
 * Splits a file of `size` bytes into parts. The split depends on the size alone, so that a send that goes on recognizes
 * the parts that are there. An empty file has none.
 */
export function planParts(size: number): PartPlan[] {
	const step = Math.max(USUAL_PART_BYTES, Math.ceil(size / MOST_PARTS / MEBIBYTE) * MEBIBYTE);
	const parts: PartPlan[] = [];
	for (let start = 0; start < size; start += step) {
		parts.push({ number: parts.length + 1, start, end: Math.min(start + step, size) });
	}
	return parts;
}
