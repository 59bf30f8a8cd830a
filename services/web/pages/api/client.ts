/** The API, as its OpenAPI document describes it: `api.GET('/api/events/{id}', { params: { path: { id } } })`. */
import createClient from 'openapi-fetch';
import type { paths } from '../../dist/api.d.ts';

export const api = createClient<paths>({ baseUrl: '/', headers: { accept: 'application/json' } });

/** The service refused a request. The message is its sentence. */
export class Refused extends Error {
	override name = 'Refused';
	/** The HTTP status; 0 when there was no answer at all. */
	readonly status: number;
	/** The field of the request that is wrong, dotted. */
	readonly field: string | undefined;
	/** All that the service says about it. */
	readonly details: Record<string, unknown>;

	constructor(status: number, details: Record<string, unknown>) {
		super(
			typeof details.sentence === 'string' ? details.sentence : `The service answered with status ${status}.`,
		);
		this.status = status;
		this.field = typeof details.field === 'string' ? details.field : undefined;
		this.details = details;
	}
}

/** For a request that got no answer at all: the browser's own words say nothing to people. */
export function notReached(): never {
	throw new Refused(0, {
		sentence: 'cutsheet cannot be reached. Is the network there? What you typed is still here.',
	});
}

/** A refusal from an answer as it came: a proxy in between may have answered with a page of its own. */
export function refusedWith(status: number, text: string): Refused {
	let said: unknown;
	try {
		said = JSON.parse(text);
	} catch {
		said = undefined;
	}
	return new Refused(status, detailsOf(said));
}

interface Answer<Data> {
	data?: Data;
	error?: unknown;
	response: Response;
}

/**
 * What the service answered: `const event = await answerOf(api.GET(…))`.
 * @throws Refused with the service's sentence, also when it cannot be reached
 */
export async function answerOf<Data>(request: Promise<Answer<Data>>): Promise<Data> {
	const { data, error, response } = await request.catch(notReached);
	if (!response.ok) throw new Refused(response.status, detailsOf(error));
	return data as Data;
}

function detailsOf(error: unknown): Record<string, unknown> {
	if (typeof error !== 'object' || error === null || !('error' in error)) return {};
	const { error: details } = error;
	return typeof details === 'object' && details !== null ? { ...details } : {};
}
