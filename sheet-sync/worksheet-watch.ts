/** Which worksheets there are and which of them are synced, looked up now and then. */
import type { Logger } from 'pino';
import type { SheetSyncOptions } from './options.ts';
import type { ColorRules } from './row-colors.ts';
import type { SheetsClient } from './sheets-client.ts';
import { isTimeZone } from './time-zone.ts';
import type { WorksheetChoice } from './worksheet-choice.ts';
import { chooseWorksheets, missingWorksheets } from './worksheet-choice.ts';

/** What changes of a spreadsheet's description are looked for between two looks. */
export interface Description {
	timeZone: string;
	chosen: WorksheetChoice[];
	/** Ids of worksheets that exist and are not synced. */
	unread: number[];
	colorRules: ColorRules;
}

export class WorksheetWatch {
	readonly #client: SheetsClient;
	readonly #options: SheetSyncOptions;
	readonly #log: Logger;
	#description: Description | undefined;
	#readAt = 0;
	/** The worksheets chosen last, which outlives the description. */
	#chosen: WorksheetChoice[] = [];

	constructor(client: SheetsClient, options: SheetSyncOptions, log: Logger) {
		this.#client = client;
		this.#options = options;
		this.#log = log;
	}

	/** Look again next time: something about the worksheets is not as it was. */
	forget(): void {
		this.#description = undefined;
	}

	/** The worksheets as they were at the last look, which is a minute old at most. One read in a minute. */
	async describe(): Promise<Description> {
		const { worksheetsSeconds = 60, worksheets: wanted } = this.#options;
		const fresh = performance.now() - this.#readAt < worksheetsSeconds * 1000;
		if (this.#description !== undefined && fresh) return this.#description;
		const { timeZone, worksheets, colorRules } = await this.#client.readWorksheets();
		if (!isTimeZone(timeZone)) {
			throw new Error(
				`The spreadsheet’s time zone “${timeZone}” is unknown here; choose another in its settings.`,
			);
		}
		const { start, worksheetStarts = {}, headerRow = 1, worksheetHeaderRows = {} } = this.#options;
		const choice = { worksheets: wanted, start, worksheetStarts, headerRow, worksheetHeaderRows };
		const chosen = chooseWorksheets(worksheets, this.#chosen, choice);
		for (const title of missingWorksheets(chosen, wanted)) {
			this.#log.warn(
				{ worksheet: title },
				`The spreadsheet has no worksheet “${title}”; rename one or mend the configuration.`,
			);
		}
		const ids = new Set(chosen.map(({ sheetId }) => sheetId));
		const unread = worksheets.map(({ sheetId }) => sheetId).filter((sheetId) => !ids.has(sheetId));
		this.#description = { timeZone, chosen, unread, colorRules };
		this.#readAt = performance.now();
		this.#chosen = chosen;
		return this.#description;
	}
}
