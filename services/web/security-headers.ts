import type { FastifyHelmetOptions } from '@fastify/helmet';

/**
 * Headers of every answer. Scripts, styles, pictures and connections of our own only, nothing inline: text that slipped
 * into a page as HTML could do nothing. `blob:` is what players make of segments, and pages of pictures not yet sent.
 */
export function securityHeaders(publicUrl: string | undefined): FastifyHelmetOptions {
	const tls = publicUrl?.startsWith('https:') ?? false;
	return {
		contentSecurityPolicy: {
			useDefaults: false,
			directives: {
				defaultSrc: ["'none'"],
				scriptSrc: ["'self'"],
				styleSrc: ["'self'"],
				imgSrc: ["'self'", 'blob:'],
				mediaSrc: ["'self'", 'blob:'],
				workerSrc: ["'self'", 'blob:'],
				connectSrc: ["'self'"],
				fontSrc: ["'self'"],
				manifestSrc: ["'self'"],
				baseUri: ["'none'"],
				formAction: ["'self'"],
				frameAncestors: ["'none'"],
			},
		},
		referrerPolicy: { policy: 'same-origin' },
		crossOriginResourcePolicy: { policy: 'same-origin' },
		frameguard: { action: 'deny' },
		hsts: tls ? { maxAge: 31_536_000, includeSubDomains: false } : false,
	};
}
