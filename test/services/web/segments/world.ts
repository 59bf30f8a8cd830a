import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answerProblems } from '../../../../services/web/problem.ts';
import {
	SegmentServer,
	type SegmentServerOptions,
} from '../../../../services/web/segments/segment-server.ts';
import { serveSegments } from '../../../../services/web/segments/segment-server-routes.ts';
import { silent, temporaryFolder } from '../../../support/recording.ts';

export interface SegmentWorld {
	url: string;
	server: SegmentServer;
	/** Where cuts lie while they are made. */
	spool: string;
	/** Asks for a path below /segments/. */
	get(path: string, options?: RequestInit): Promise<Response>;
	/** The sentence with which a path is refused. */
	refusal(path: string): Promise<{ status: number; sentence: string; field?: string }>;
}

/** A segment server over a store, without accounts: who may what is tested with the whole service. */
export async function startSegments(
	t: Pick<ExecutionContext, 'teardown'>,
	base: string,
	options: Partial<SegmentServerOptions> = {},
): Promise<SegmentWorld> {
	const spool = path.join(await temporaryFolder(t), 'spool');
	await mkdir(spool);
	const server = new SegmentServer({ base, templates: {}, spoolFolder: spool, log: silent, ...options });
	const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 1_000 } });
	app.setValidatorCompiler(validatorCompiler);
	app.setSerializerCompiler(serializerCompiler);
	answerProblems(app, silent);
	await serveSegments(app, server);
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	t.teardown(() => app.close());
	const get = (below: string, init: RequestInit = {}) => fetch(`${url}/segments/${below}`, init);
	return {
		...{ url, server, spool, get },
		refusal: async (below) => {
			const response = await get(below);
			const { error } = (await response.json()) as { error: { sentence: string; field?: string } };
			return { status: response.status, ...error };
		},
	};
}

/** A query of a range. */
export function range(start: Date, end: Date, more: Record<string, string> = {}): string {
	return `?${new URLSearchParams({ start: start.toISOString(), end: end.toISOString(), ...more })}`;
}
