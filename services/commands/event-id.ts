import { InvalidArgumentError } from 'commander';

/** Reads the id of an event from the command line. */
export function eventId(text: string): string {
	if (!/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(text)) {
		throw new InvalidArgumentError('An id is written like 8c8f2d3c-5b0e-4c55-9a2b-0d6f4f4b1a10.');
	}
	return text.toLowerCase();
}
