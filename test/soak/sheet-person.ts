import PQueue from 'p-queue';

/** Somebody at the spreadsheet, through the API that it documents. What people do at once takes place one after the other. */
export class SheetPerson {
	readonly #base: string;
	readonly #turns = new PQueue({ concurrency: 1 });
	#headers: string[] | undefined;

	/** `url`: of the local sheet, without a slash at the end. */
	constructor(url: string, spreadsheet: string) {
		this.#base = `${url}/v4/spreadsheets/${spreadsheet}`;
	}

	/** The header texts in order; undefined while the sheet does not answer yet. */
	async headers(): Promise<string[] | undefined> {
		this.#headers ??= await this.#values('Events!1:1').then(
			(rows) => rows[0],
			() => undefined,
		);
		return this.#headers;
	}

	/** Types a row below the last one; cells by header. */
	async type(cells: Record<string, string | boolean>): Promise<void> {
		const headers = (await this.headers())!;
		const values = [headers.map((header) => cells[header] ?? '')];
		await this.#turns.add(() =>
			this.#send(`/values/${encodeURIComponent('Events!A1')}:append?valueInputOption=USER_ENTERED`, {
				values,
			}),
		);
	}

	/** Types into a cell of the row with this description; nothing when there is no such row any more. */
	async change(description: string, header: string, value: string | boolean): Promise<void> {
		const column = columnName((await this.headers())!.indexOf(header));
		await this.#onRow(description, (row) =>
			this.#send('/values:batchUpdate', {
				valueInputOption: 'USER_ENTERED',
				data: [{ range: `Events!${column}${row + 1}`, values: [[value]] }],
			}),
		);
	}

	/** Drags the row with this description to just before another one. */
	async move(description: string, before: string): Promise<void> {
		await this.#onRow(description, async (row, all) => {
			const destinationIndex = all.indexOf(before);
			if (destinationIndex < 1 || destinationIndex === row || destinationIndex === row + 1) return;
			await this.#batch({ moveDimension: { source: this.#rows(row), destinationIndex } });
		});
	}

	async delete(description: string): Promise<void> {
		await this.#onRow(description, (row) => this.#batch({ deleteDimension: { range: this.#rows(row) } }));
	}

	/** Sorts all rows by a column. */
	async sort(header: string, sortOrder: 'ASCENDING' | 'DESCENDING'): Promise<void> {
		const headers = (await this.headers())!;
		await this.#turns.add(async () => {
			const rows = await this.#values('Events');
			const range = { sheetId: await this.#sheetId(), startRowIndex: 1, endRowIndex: rows.length };
			const sortSpecs = [{ dimensionIndex: headers.indexOf(header), sortOrder }];
			await this.#batch({ sortRange: { range: { ...range, startColumnIndex: 0 }, sortSpecs } });
		});
	}

	/** All rows as people see them: cells by header. */
	async rows(): Promise<Record<string, string>[]> {
		const [headers = [], ...rows] = await this.#values('Events');
		return rows.map((row) =>
			Object.fromEntries(headers.map((header, column) => [header, row[column] ?? ''])),
		);
	}

	#id: number | undefined;

	async #sheetId(): Promise<number> {
		if (this.#id === undefined) {
			const { sheets } = (await this.#get('')) as { sheets: { properties: { sheetId: number } }[] };
			this.#id = sheets[0]!.properties.sheetId;
		}
		return this.#id;
	}

	#rows(startIndex: number): object {
		return { sheetId: this.#id, dimension: 'ROWS', startIndex, endIndex: startIndex + 1 };
	}

	/** Finds the row (0 is the headers') and acts on it before anybody moves it. */
	async #onRow(description: string, act: (row: number, all: string[]) => Promise<void>): Promise<void> {
		const column = columnName((await this.headers())!.indexOf('Description'));
		await this.#sheetId();
		await this.#turns.add(async () => {
			const all = (await this.#values(`Events!${column}:${column}`)).map(([cell]) => cell ?? '');
			const row = all.indexOf(description);
			if (row > 0) await act(row, all);
		});
	}

	async #values(range: string): Promise<string[][]> {
		const answer = (await this.#get(`/values/${encodeURIComponent(range)}`)) as { values?: string[][] };
		return answer.values ?? [];
	}

	async #batch(request: object): Promise<void> {
		await this.#send(':batchUpdate', { requests: [request] });
	}

	async #get(path: string): Promise<unknown> {
		const answer = await fetch(this.#base + path);
		if (!answer.ok) throw new Error(`The sheet does not answer: ${await answer.text()}`);
		return answer.json();
	}

	async #send(path: string, body: object): Promise<void> {
		const answer = await fetch(this.#base + path, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		const text = await answer.text();
		if (!answer.ok) throw new Error(`The sheet refused ${path}: ${text}`);
	}
}

/** A, B, … Z: there are fewer than 27 columns. */
function columnName(index: number): string {
	return String.fromCharCode('A'.charCodeAt(0) + index);
}
