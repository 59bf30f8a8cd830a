import fc, { type Arbitrary } from 'fast-check';

/** What people and their programs put into text fields when nobody looks. */
export const HOSTILE_TEXTS: readonly string[] = [
	'',
	' ',
	'\0',
	'a\0b',
	'\u202Eevil\u202C',
	'\uFEFF',
	'\uD800',
	'line\r\nline\tend\u0007\u001B[31m',
	'=HYPERLINK("http://evil.example","x")',
	"'; drop table events; --",
	'$(touch /tmp/owned) `id` | cat',
	'<script>alert(1)</script>',
	'../../../../etc/passwd',
	'..%2f..%2f',
	'/',
	'.',
	'%',
	'{"a":1}',
	'x'.repeat(900),
	'👩‍👩‍👧‍👦'.repeat(60),
	'-1',
	'1e309',
	'9007199254740993',
	'99999999999999999999',
	'NaN',
	'null',
	'0001-01-01T00:00:00Z',
	'9999-12-31T23:59:59.999Z',
	'275760-09-13T00:00:00Z',
	'2026-02-30T00:00:00Z',
	'2026-05-01T12:00:01.500Z',
	'2026-05-01T12:00:03Z',
];

/** The part of JSON Schema that descriptions of APIs are made of. */
interface Schema {
	type?: string | string[];
	const?: unknown;
	enum?: unknown[];
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
	items?: Schema;
	prefixItems?: Schema[];
	maxItems?: number;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	format?: string;
	minimum?: number;
	maximum?: number;
}

/** Values that a schema describes, hostile ones among them; now and then something else in their place. */
export function fromSchema(description: unknown): Arbitrary<unknown> {
	const schema = description as Schema;
	return fc.oneof(
		{ weight: 20, arbitrary: described(schema) },
		{ weight: 1, arbitrary: fc.constantFrom(null, true, 0, -1, 1e308, '', [], {}) },
	);
}

function described(schema: Schema): Arbitrary<unknown> {
	const either = schema.anyOf ?? schema.oneOf;
	if (either) return fc.oneof(...either.map(fromSchema));
	if (schema.const !== undefined) return fc.constant(schema.const);
	if (schema.enum) return fc.constantFrom(...schema.enum);
	if (schema.allOf) return fromSchema(Object.assign({}, ...schema.allOf));
	if (Array.isArray(schema.type))
		return fc.oneof(...schema.type.map((type) => described({ ...schema, type })));
	switch (schema.type) {
		case 'string':
			return text(schema);
		case 'integer':
			return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer(), fc.maxSafeInteger());
		case 'number':
			return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
		case 'boolean':
			return fc.boolean();
		case 'null':
			return fc.constant(null);
		case 'array':
			return list(schema);
		case 'object':
			return object(schema);
		default:
			return fc.jsonValue();
	}
}

function text({ format }: Schema): Arbitrary<string> {
	const hostile = fc.constantFrom(...HOSTILE_TEXTS);
	if (format === 'uuid')
		return fc.oneof({ weight: 6, arbitrary: fc.uuid() }, { weight: 1, arbitrary: hostile });
	if (format === 'date-time') {
		const times = fc
			.date({
				min: new Date('2026-05-01T11:59:58Z'),
				max: new Date('2026-05-01T12:00:06Z'),
				noInvalidDate: true,
			})
			.map((time) => time.toISOString());
		return fc.oneof({ weight: 6, arbitrary: times }, { weight: 1, arbitrary: hostile });
	}
	return fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.string());
}

function list({ items, prefixItems, maxItems = 5 }: Schema): Arbitrary<unknown> {
	if (prefixItems) return fc.tuple(...prefixItems.map(fromSchema));
	return fc.array(fromSchema(items ?? {}), { maxLength: Math.min(maxItems, 5) });
}

function object({ properties = {}, required = [], additionalProperties }: Schema): Arbitrary<unknown> {
	const named = fc.record(
		Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, fromSchema(value)])),
		{ requiredKeys: required.filter((name) => name in properties) },
	);
	if (typeof additionalProperties !== 'object') return named;
	const others = fc.dictionary(
		fc.constantFrom(...HOSTILE_TEXTS.slice(0, 12), 'a'),
		fromSchema(additionalProperties),
		{
			maxKeys: 3,
		},
	);
	return fc.tuple(others, named).map(([other, one]) => ({ ...other, ...(one as object) }));
}
