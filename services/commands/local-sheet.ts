import { once } from 'node:events';
import type { Command } from 'commander';
import { type Column, DEFAULT_HEADERS } from '../../sheet-sync/columns.ts';
import { type NewSpreadsheet, startLocalSheet } from '../../sheet-sync/local-sheet/server.ts';
import type { Config } from '../config.ts';
import { copyAddress, localSheetUrl } from '../sheet-addresses.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';

/** The columns of a new spreadsheet: what people look at most comes first. */
const NEW_SHEET: readonly Column[] = [
	...(['start', 'end', 'category', 'description', 'state', 'video_link', 'error', 'notes', 'tags'] as const),
	...(['priority', 'allow_holes', 'uploader_whitelist', 'upload_location'] as const),
	...(['video_start', 'video_end', 'video_title', 'video_description', 'submit', 'edit_link', 'id'] as const),
];

/** `cutsheet local-sheet`: a spreadsheet of our own. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			"Serve a spreadsheet of our own: a page for people, and Google's Sheets API for sheet-sync. Its cells are kept in the database.",
		)
		.action((options: { config?: string }) =>
			runService('local-sheet', options, async ({ config, db, log, signal, started }) => {
				const { spreadsheet, columns } = config.sheet;
				const { host, port, historyDays } = config.localSheet;
				const token = config.localSheet.token ?? config.sheet.token;
				const names = { ...DEFAULT_HEADERS, ...columns };
				const headers = NEW_SHEET.map((column) => names[column]);
				const synced = { id: spreadsheet, title: spreadsheet, worksheets: [{ title: 'Events', headers }] };
				const sheet = await startLocalSheet({
					host,
					port,
					historyDays,
					...(token !== undefined && { token }),
					db,
					log,
					spreadsheet: [synced, ...localCopy(config)],
				});
				started();
				if (!signal.aborted) await once(signal, 'abort');
				await sheet.close();
			}),
		);
}

/** The copy that publish-sheet keeps, where it lies on the sheet of this configuration. */
function localCopy(config: Config): NewSpreadsheet[] {
	const { publishSheet } = config;
	if (publishSheet === undefined || copyAddress(config) !== localSheetUrl(config)) return [];
	const { spreadsheet: id, worksheet, columns } = publishSheet;
	return [{ id, title: id, worksheets: [{ title: worksheet, headers: Object.keys(columns) }] }];
}
