import test from 'ava';
import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';
import { recordTestStream, temporaryFolder } from '../support/recording.ts';
import { type Person, startTestWeb } from '../support/web.ts';
import { ALL } from './extent.ts';
import { recordedEvent } from './recorded-event.ts';
import { fromSchema, HOSTILE_TEXTS } from './schema-values.ts';

// Every route of the web service is asked what its own description allows, and what it does not, by somebody who may do
// everything. It may refuse with a sentence; it must not fail, hang, or lose its mind.

const ASKED_EACH = ALL ? 300 : 12;
const SEED = Number(process.env.CUTSHEET_FAULTS_SEED ?? Date.now() % 2 ** 31);
/** Cutting and drawing take long; a request that never ends takes longer. */
const PATIENCE_MS = 60_000;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const START = new Date('2026-05-01T12:00:00.000Z');

interface Asked {
	parameters: Record<string, unknown>;
	body: unknown;
}

test('every route answers whatever its description allows, and whatever it does not, without failing', async (t) => {
	t.timeout(30 * 60_000);
	t.log(`CUTSHEET_FAULTS_SEED=${SEED}`);
	const segments = await recordTestStream(await temporaryFolder(t), START, 4);
	const web = await startTestWeb(t, { cutter: { segments } });
	const events = [await recordedEvent(web.db), await recordedEvent(web.db), await recordedEvent(web.db)];
	let admins = 0;
	const admin = () => web.person('admin', `admin ${++admins}`);
	let person = await admin();
	const description = (await (await person.ask('GET', '/api/openapi.json')).json()) as OpenAPIV3_1.Document;
	const known = [
		...events,
		person.id,
		segments.channel,
		segments.quality,
		START.toISOString(),
		'0',
		'latest',
	];

	const failures: string[] = [];
	let asked = 0;
	const answered: Record<number, number> = {};
	for (const [path, item] of Object.entries(description.paths ?? {})) {
		for (const method of METHODS) {
			const route = item?.[method];
			if (!route) continue;
			const parameters = (route.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
			const body = (route.requestBody as OpenAPIV3_1.RequestBodyObject | undefined)?.content ?? {};
			const json = body['application/json']?.schema;
			const requests = fc.record<Asked>({
				parameters: fc.record(
					Object.fromEntries(
						parameters.map(({ name, schema }) => [
							name,
							fc.oneof(
								fc.constantFrom(...known),
								fromSchema(schema ?? {}),
								fc.constantFrom(...HOSTILE_TEXTS),
							),
						]),
					),
					{ requiredKeys: parameters.filter(({ in: where }) => where === 'path').map(({ name }) => name) },
				),
				body: json
					? fc.oneof({ weight: 4, arbitrary: fromSchema(json) }, { weight: 1, arbitrary: fc.jsonValue() })
					: fc.constant(undefined),
			});
			for (const request of fc.sample(requests, { numRuns: ASKED_EACH, seed: SEED + asked })) {
				asked++;
				const url = address(path, parameters, request.parameters);
				const status = await ask(person, method.toUpperCase(), url, request.body).catch((error: Error) => {
					failures.push(`${method} ${url} ${JSON.stringify(request.body)}: ${error.message}`);
					return 0;
				});
				answered[status] = (answered[status] ?? 0) + 1;
				// It signed itself out, or took its own account away.
				if (status === 401 || status === 403) person = await admin();
			}
		}
	}
	t.log(`${asked} requests`, answered);
	t.deepEqual(failures, []);
	t.true(asked >= 40 * ASKED_EACH);

	// Nothing is broken: the events are there, each in a state that it may have, and the service works.
	const after = await admin();
	for (const id of events) {
		const answer = await after.ask('GET', `/api/events/${id}`);
		t.is(answer.status, 200, await answer.text());
	}
	t.is((await after.ask('GET', '/api/session')).status, 200);
});

/** The path with its parameters, and the query. */
function address(
	path: string,
	parameters: OpenAPIV3_1.ParameterObject[],
	values: Record<string, unknown>,
): string {
	const query = new URLSearchParams();
	let filled = path;
	for (const { name, in: where } of parameters) {
		if (!(name in values)) continue;
		const value = values[name];
		const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed();
		if (where === 'path') filled = filled.replace(`{${name}}`, () => encodeURIComponent(text) || '%20');
		else if (where === 'query') query.set(name, text);
	}
	return query.size > 0 ? `${filled}?${query}` : filled;
}

/** Asks, and holds that the answer is one. Returns its status. */
async function ask(person: Person, method: string, url: string, body: unknown): Promise<number> {
	const answer = await Promise.race([
		person.ask(method, url, body),
		new Promise<never>((_, reject) => setTimeout(() => reject(new Error('no answer')), PATIENCE_MS).unref()),
	]);
	if (/event-stream/.test(answer.headers.get('content-type') ?? '')) {
		await answer.body?.cancel();
		return answer.status;
	}
	const text = await answer.text();
	if (answer.status >= 500) throw new Error(`${answer.status} ${text.slice(0, 500)}`);
	if (answer.status >= 400 && typeof JSON.parse(text).error?.sentence !== 'string') {
		throw new Error(`${answer.status} without a sentence: ${text.slice(0, 500)}`);
	}
	return answer.status;
}
