import { z } from 'zod';

/** A time in requests and answers: ISO 8601 in JSON (UTC with milliseconds when we write it), a Date in our code. */
export const time = z
	.codec(
		z.iso.datetime({ offset: true, error: 'a time is written like 2026-05-01T12:00:00.000Z' }),
		z.date(),
		{
			decode: (text) => new Date(text),
			encode: (date) => date.toISOString(),
		},
	)
	.describe('ISO 8601; in answers UTC with milliseconds');
