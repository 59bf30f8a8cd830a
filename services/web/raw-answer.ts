import { z } from 'zod';

/** The schema of an answer that is no JSON: nothing is checked, and the API's description names its media type. */
export function rawAnswer(mediaType: string, description: string) {
	return { description, content: { [mediaType]: { schema: z.any() } } };
}
