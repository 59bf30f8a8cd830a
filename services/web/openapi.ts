import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import { packageVersion } from '../version.ts';

/** Serves the description of the API (OpenAPI 3.1), made from the schemas of all routes below /api and /segments. */
export async function describeApi(app: FastifyInstance): Promise<void> {
	const transform = createJsonSchemaTransform({
		zodToJsonConfig: {
			// A Date of ours is ISO 8601 in JSON.
			unrepresentable: 'any',
			override: ({ zodSchema, jsonSchema }) => {
				if (zodSchema._zod.def.type !== 'date') return;
				jsonSchema.type = 'string';
				jsonSchema.format = 'date-time';
			},
		},
	});
	await app.register(swagger, {
		openapi: {
			openapi: '3.1.0',
			info: {
				title: 'cutsheet',
				version: packageVersion(),
				description: 'Every refusal is JSON: {"error": {"sentence": "…"}}. Scripts send a token.',
			},
			components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
			security: [{ token: [] }],
		},
		transform: (document) => {
			const described = transform(document);
			const shown = /^\/(api|segments)\//.test(document.url);
			const { access } = document.route.config ?? {};
			const schema = {
				...described.schema,
				...(access && { description: accessSentence(access, described.schema) }),
			};
			return { url: described.url, schema: shown ? schema : { ...schema, hide: true } };
		},
	});
	app.get('/api/openapi.json', { config: { access: 'viewer' }, schema: { hide: true } }, async () =>
		app.swagger(),
	);
}

function accessSentence(access: string, schema: { description?: string } | undefined): string {
	return [schema?.description, access === 'anyone' ? 'For anyone.' : `For the role ${access} and above.`]
		.filter(Boolean)
		.join(' ');
}
