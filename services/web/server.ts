/** The web service: pages, the API behind them, and the segment server of its node. */
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { hasAccounts } from '../../db/access/accounts.ts';
import { identify } from './access/identify.ts';
import { type RouteRight, requireAccess } from './access/require-access.ts';
import { describeApi } from './openapi.ts';
import type { WebOptions } from './options.ts';
import { servePages } from './page-files.ts';
import { registerParts } from './parts.ts';
import { answerProblems, refuseUnreadable } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

export interface Web {
	/** Where it answers, without a slash at the end. */
	url: string;
	/** All routes, and who may use them. */
	rights: readonly RouteRight[];
	/** Stops listening and ends all streams. */
	close(): Promise<void>;
}

/** So much of JSON may a request hold; routes that take files say so themselves (`bodyLimit`). */
const LARGEST_BODY = 1024 * 1024;

/** Texts, but no streams of events: a compressor would hold them back. */
const COMPRESSIBLE = /^text\/(?!event-stream)|^application\/(json|vnd\.apple\.mpegurl)\b|\+(json|xml)\b/;

/** Builds the service and listens where `config.web` says. */
export async function startWeb(options: WebOptions): Promise<Web> {
	const { host, port } = options.config.web;
	const app = await buildWeb(options);
	const url = await app.listen({ host, port });
	options.log.info({ url }, 'the web service is ready');
	// Advice only: a database that fails just now keeps nobody from being served when it is back.
	if (!(await hasAccounts(options.db).catch(() => true))) {
		options.log.warn('Nobody can sign in yet. Make the first account: cutsheet user add NAME --role admin');
	}
	return { url, rights: app.rights, close: () => app.close() };
}

/** The service with all its routes, not listening yet. Nothing is asked of the database before the first request. */
export async function buildWeb(options: WebOptions): Promise<FastifyInstance> {
	const { log, config } = options;
	const { publicUrl, trustProxy } = config.web;
	const app = fastify({
		bodyLimit: LARGEST_BODY,
		forceCloseConnections: true,
		trustProxy,
		routerOptions: { maxParamLength: 1_000 },
		...refuseUnreadable,
	});
	app.setValidatorCompiler(validatorCompiler);
	app.setSerializerCompiler(serializerCompiler);
	answerProblems(app, log);
	await app.register(helmet, securityHeaders(publicUrl));
	await app.register(cookie);
	await app.register(rateLimit, { global: false });
	await app.register(compress, {
		encodings: ['gzip'],
		zlibOptions: { level: 1 },
		threshold: 2_048,
		customTypes: COMPRESSIBLE,
	});
	requireAccess(app, { identify: identify(options.db), publicUrl });
	await describeApi(app);
	await app.register(servePages);
	await registerParts(app, options);
	return app;
}
