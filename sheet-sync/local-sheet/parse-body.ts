import type { z } from 'zod';
import { invalid } from './api-error.ts';

/** A body in the shape that the API asks for, or Google's kind of refusal that names the field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, where: string): T {
	const parsed = schema.safeParse(withoutNulls(body));
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const path = [where, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
	throw invalid(`Invalid value at '${path}': ${issue?.message ?? 'not understood'}`);
}

/**
 * In the JSON of protocol buffers, a field that is null is one that is not there
 * (https://protobuf.dev/programming-guides/json/). Inside of lists, null is a value: a cell to be left alone.
 */
function withoutNulls(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutNulls);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
	);
}
