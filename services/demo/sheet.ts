/** The demo's own client of the local sheet: a person's part, through the Sheets API as Google documents it. */
export class DemoSheet {
	readonly #values: string;

	/** `url`: where the local sheet answers, without a slash at the end. */
	constructor(url: string, spreadsheet: string) {
		this.#values = `${url}/v4/spreadsheets/${spreadsheet}/values`;
	}

	/** The header texts, in order; undefined while the local sheet does not answer yet. */
	async headers(): Promise<string[] | undefined> {
		try {
			return (await this.#get('Events!1:1'))[0];
		} catch {
			return undefined;
		}
	}

	/**
	 * Types rows below the last one, as a person does (USER_ENTERED: `12:34` becomes a time). Cells by header.
	 * @returns the numbers of the rows
	 */
	async type(rows: Record<string, string>[]): Promise<number[]> {
		const headers = (await this.headers()) ?? [];
		const values = rows.map((row) => headers.map((header) => row[header] ?? ''));
		const address = `${this.#values}/${encodeURIComponent('Events!A1')}:append?valueInputOption=USER_ENTERED`;
		const reply = await fetch(address, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ values }),
		});
		if (!reply.ok) throw new Error(`The local sheet refused the rows: ${await reply.text()}`);
		const { updates } = (await reply.json()) as { updates: { updatedRange: string } };
		const first = Number(/!\$?[A-Z]+\$?(\d+)/.exec(updates.updatedRange)?.[1]);
		return rows.map((_, index) => first + index);
	}

	/** A row as people see it: its cells by header. */
	async row(number: number): Promise<Record<string, string>> {
		const [headers = [], cells = []] = await Promise.all([
			this.headers(),
			this.#get(`Events!${number}:${number}`).then((rows) => rows[0]),
		]);
		return Object.fromEntries(headers.map((header, position) => [header, cells[position] ?? '']));
	}

	async #get(range: string): Promise<string[][]> {
		const reply = await fetch(`${this.#values}/${encodeURIComponent(range)}`);
		if (!reply.ok) throw new Error(`The local sheet does not answer: ${await reply.text()}`);
		return ((await reply.json()) as { values?: string[][] }).values ?? [];
	}
}
