import type { Config } from './config.ts';

/** Where the local sheet of this configuration answers. */
export function localSheetUrl({ localSheet: { host, port } }: Config): string {
	return `http://${host}:${port}`;
}

/** Where the copy lies: undefined at Google. Without Google's credentials and without an endpoint it is on the local sheet. */
export function copyAddress(config: Config): string | undefined {
	const { publishSheet, sheet } = config;
	const file = publishSheet?.credentials ?? sheet.credentials;
	return publishSheet?.endpoint ?? (file === undefined ? localSheetUrl(config) : undefined);
}
