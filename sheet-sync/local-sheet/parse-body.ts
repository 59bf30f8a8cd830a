import type { z } from 'zod';
import { invalid } from './api-error.ts';

/** A body in the shape that the API asks for, or Google's kind of refusal that names the field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, where: string): T {
	const parsed = schema.safeParse(body);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const path = [where, ...(issue?.path ?? [])].filter((part) => part !== '').join('.');
	throw invalid(`Invalid value at '${path}': ${issue?.message ?? 'not understood'}`);
}
