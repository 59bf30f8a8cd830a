import { createHash, createHmac } from 'node:crypto';
import type { FakeRequest } from './faulty-server.ts';

/** Whether a request carries a valid AWS Signature Version 4 (in the Authorization header) of these keys. */
export function isSigned(request: FakeRequest, accessKey: string, secretKey: string): boolean {
	const given =
		/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
			request.headers.authorization ?? '',
		);
	if (!given || given[1] !== accessKey) return false;
	const [, , date, region, signedHeaders = '', signature] = given;
	const payload = String(request.headers['x-amz-content-sha256']);
	if (payload !== 'UNSIGNED-PAYLOAD' && payload !== createHash('sha256').update(request.body).digest('hex')) {
		return false;
	}
	const escaped = (text: string) =>
		encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
	const canonical = [
		request.method,
		request.rawPath,
		[...request.query]
			.map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
			.sort()
			.join('&'),
		...signedHeaders.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`),
		'',
		signedHeaders,
		payload,
	].join('\n');
	const scope = `${date}/${region}/s3/aws4_request`;
	const hash = createHash('sha256').update(canonical).digest('hex');
	const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, hash].join('\n');
	const key = [date!, region!, 's3', 'aws4_request'].reduce<string | Buffer>(
		(secret, part) => createHmac('sha256', secret).update(part).digest(),
		`AWS4${secretKey}`,
	);
	return createHmac('sha256', key).update(toSign).digest('hex') === signature;
}
