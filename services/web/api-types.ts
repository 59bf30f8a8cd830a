/**
 * TypeScript types of an API from its OpenAPI document, in the shape that openapi-fetch reads. Our own, since what
 * generates them elsewhere needs the compiler's programming interface, which TypeScript 7 does not have.
 */

/** What of JSON Schema the schemas of our routes make use of. */
interface JsonSchema {
	type?: string | string[];
	const?: unknown;
	enum?: unknown[];
	properties?: Record<string, JsonSchema>;
	required?: string[];
	additionalProperties?: boolean | JsonSchema;
	items?: JsonSchema | false;
	prefixItems?: JsonSchema[];
	anyOf?: JsonSchema[];
	oneOf?: JsonSchema[];
	allOf?: JsonSchema[];
	description?: string;
}

interface Parameter {
	name: string;
	in: string;
	required?: boolean;
	schema?: JsonSchema;
}

type Content = Record<string, { schema?: JsonSchema }>;

interface Operation {
	parameters?: Parameter[];
	requestBody?: { content?: Content; required?: boolean };
	responses?: Record<string, { content?: Content }>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** The source of a declaration file with the interface `paths`. Pure. */
export function apiTypes(document: { paths?: object }): string {
	const paths = Object.entries((document.paths ?? {}) as Record<string, Record<string, Operation>>);
	return [
		'// Made by write-api-types.ts from the schemas of the routes.',
		'export interface paths {',
		...paths.flatMap(([path, operations]) => [
			`${JSON.stringify(path)}: {`,
			'parameters: { query?: never; header?: never; path?: never; cookie?: never };',
			...METHODS.map((method) => {
				const operation = operations[method];
				return operation ? `${method}: ${operationType(operation)};` : `${method}?: never;`;
			}),
			'};',
		]),
		'}',
		'',
	].join('\n');
}

function operationType({ parameters = [], requestBody, responses = {} }: Operation): string {
	const kinds = ['query', 'header', 'path', 'cookie'].map((kind) => {
		const those = parameters.filter((parameter) => parameter.in === kind);
		if (those.length === 0) return `${kind}?: never`;
		const optional = those.every(({ required }) => !required) ? '?' : '';
		const fields = those.map(({ name, required, schema }) => field(name, required === true, schema ?? {}));
		return `${kind}${optional}: { ${fields.join('; ')} }`;
	});
	const body = requestBody
		? `requestBody${requestBody.required ? '' : '?'}: { content: ${contentType(requestBody.content)} }`
		: 'requestBody?: never';
	const answers = Object.entries(responses).map(
		([status, { content }]) =>
			`${/^\d+$/.test(status) ? status : JSON.stringify(status)}: { headers: { [name: string]: unknown }; ${content ? `content: ${contentType(content)}` : 'content?: never'} }`,
	);
	return `{ parameters: { ${kinds.join('; ')} }; ${body}; responses: { ${answers.join('; ')} } }`;
}

function contentType(content: Content = {}): string {
	const kinds = Object.entries(content).map(
		([type, { schema }]) => `${JSON.stringify(type)}: ${schema ? schemaType(schema) : 'unknown'}`,
	);
	return `{ ${kinds.join('; ')} }`;
}

function field(name: string, required: boolean, schema: JsonSchema): string {
	// JSON leaves out what is undefined, so a request may say so too.
	return required
		? `${JSON.stringify(name)}: ${schemaType(schema)}`
		: `${JSON.stringify(name)}?: ${schemaType(schema)} | undefined`;
}

/** The TypeScript type of the values that a schema takes. */
export function schemaType(schema: JsonSchema): string {
	if ('const' in schema) return JSON.stringify(schema.const);
	if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
	if (schema.anyOf ?? schema.oneOf) return union((schema.anyOf ?? schema.oneOf)!.map(schemaType));
	if (schema.allOf) return schema.allOf.map((part) => `(${schemaType(part)})`).join(' & ');
	if (Array.isArray(schema.type)) return union(schema.type.map((type) => schemaType({ ...schema, type })));
	switch (schema.type) {
		case 'string':
		case 'boolean':
		case 'null':
			return schema.type;
		case 'number':
		case 'integer':
			return 'number';
		case 'array':
			if (schema.prefixItems) return `[${schema.prefixItems.map(schemaType).join(', ')}]`;
			return `(${schemaType(schema.items || {})})[]`;
		case 'object':
			return objectType(schema);
		default:
			return 'unknown';
	}
}

function objectType({ properties = {}, required = [], additionalProperties }: JsonSchema): string {
	const fields = Object.entries(properties).map(([name, schema]) =>
		field(name, required.includes(name), schema),
	);
	const known = `{ ${fields.join('; ')} }`;
	if (additionalProperties === undefined || additionalProperties === false) return known;
	const others = additionalProperties === true || Object.keys(additionalProperties).length === 0;
	const rest = `{ [name: string]: ${others ? 'unknown' : schemaType(additionalProperties as JsonSchema)} }`;
	return fields.length === 0 ? rest : `${known} & ${rest}`;
}

function union(types: string[]): string {
	return [...new Set(types)].join(' | ') || 'never';
}
