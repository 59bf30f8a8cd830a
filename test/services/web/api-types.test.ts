import test from 'ava';
import { apiTypes, schemaType } from '../../../services/web/api-types.ts';

test('each kind of schema becomes the type of its values', (t) => {
	const types: [Parameters<typeof schemaType>[0], string][] = [
		[{ type: 'string' }, 'string'],
		[{ type: 'integer' }, 'number'],
		[{ type: ['string', 'null'] }, 'string | null'],
		[{ const: 'a"b' }, '"a\\"b"'],
		[{ enum: ['a', 1, null] }, '"a" | 1 | null'],
		[{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
		[{ allOf: [{ type: 'string' }, { enum: ['a'] }] }, '(string) & ("a")'],
		[{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
		[{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
		[{ type: 'object', additionalProperties: { type: 'number' } }, '{ [name: string]: number }'],
		[
			{ type: 'object', properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] },
			'{ "a": string; "b-c"?: unknown | undefined }',
		],
		[{}, 'unknown'],
	];
	for (const [schema, type] of types) t.is(schemaType(schema), type);
});

test('a route has its parameters, its body and its answers', (t) => {
	const source = apiTypes({
		paths: {
			'/api/x/{id}': {
				post: {
					parameters: [
						{ name: 'id', in: 'path', required: true, schema: { type: 'string' } },
						{ name: 'all', in: 'query', schema: { type: 'boolean' } },
					],
					requestBody: { required: true, content: { 'application/json': { schema: { type: 'number' } } } },
					responses: { 200: { content: { 'application/json': { schema: { type: 'null' } } } } },
				},
			},
		},
	});
	t.true(source.includes('path: { "id": string }'));
	t.true(source.includes('query?: { "all"?: boolean | undefined }'));
	t.true(source.includes('requestBody: { content: { "application/json": number } }'));
	t.true(
		source.includes('200: { headers: { [name: string]: unknown }; content: { "application/json": null } }'),
	);
	t.true(source.includes('get?: never;'));
});
