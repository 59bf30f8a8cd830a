import type { z } from 'zod';
import { invalid } from './api-error.ts';

/** A body in the shape that the API asks for, or Google's kind of refusal that names the field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, where: string): T {
	const parsed = schema.safeParse(cleaned(body, 0));
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const path = [where, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
	throw invalid(`Invalid value at '${path}': ${issue?.message ?? 'not understood'}`);
}

/** No request of the API is deeper; what is much deeper overflows the stack of whoever walks through it. */
const MOST_DEPTH = 64;

/**
 * Texts as they can be kept: PostgreSQL takes no NUL and no half of a surrogate pair, and no spreadsheet shows them.
 *
 * In the JSON of protocol buffers, a field that is null is one that is not there
 * (https://protobuf.dev/programming-guides/json/). Inside of lists, null is a value: a cell to be left alone.
 */
function cleaned(value: unknown, depth: number): unknown {
	if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed();
	if (typeof value !== 'object' || value === null) return value;
	if (depth > MOST_DEPTH)
		throw invalid(`Invalid JSON payload: it is nested more than ${MOST_DEPTH} levels deep.`);
	if (Array.isArray(value)) return value.map((inner) => cleaned(inner, depth + 1));
	return Object.fromEntries(
		Object.entries(value).flatMap(([name, inner]) =>
			inner === null ? [] : [[name, cleaned(inner, depth + 1)]],
		),
	);
}
