import test from 'ava';
import { insertDimension } from '../../sheet-sync/local-sheet/dimensions.ts';
import type { SheetsTransport } from '../../sheet-sync/sheets-transport.ts';
import { memoryWorld } from './memory-world.ts';

const FIRST_COLUMN = { sheetId: 0, dimension: 'COLUMNS', startIndex: 0, endIndex: 1 } as const;

test('what a write overwrote in a moved column is put back by the next process, when the first one died', async (t) => {
	const world = await memoryWorld(t);
	const { transport } = world.stage;
	let alive = true;
	const live = async <T>(run: () => Promise<T>): Promise<T> => {
		if (!alive) throw new Error('killed');
		return run();
	};
	let armed = false;
	const mortal: SheetsTransport = {
		get: (fields) => live(() => transport.get(fields)),
		batchUpdate: (requests) => live(() => transport.batchUpdate(requests)),
		readValues: (body) => live(() => transport.readValues(body)),
		writeValues: (body) =>
			live(async () => {
				if (armed) await world.stage.change((workbook) => insertDimension(workbook, FIRST_COLUMN));
				const answer = await transport.writeValues(body);
				alive = !armed;
				return answer;
			}),
	};
	const first = await world.open({}, mortal);
	await world.type(1, { Description: 'A talk', Priority: 7 });
	for (let cycle = 0; cycle < 4; cycle++) await first.cycle();
	await world.db
		.updateTable('events')
		.set({ state: 'UPLOADED', uploader: 'manual', video_link: 'https://video.example/1' })
		.execute();
	armed = true;
	// The state, meant for its column, lands in the one to the left of it, as all have moved to the right.
	await first.cycle().catch(() => undefined);
	t.false(alive);
	const cells = async () => {
		const { worksheets } = await world.stage.read();
		const [headers, row] = worksheets[0]?.rows ?? [];
		return Object.fromEntries(
			headers?.cells.map((header, column) => [String(header?.v ?? ''), row?.cells[column]?.v ?? '']) ?? [],
		);
	};
	t.is((await cells()).Priority, 'UPLOADED');
	const second = await world.open();
	for (let cycle = 0; cycle < 4; cycle++) await second.cycle();
	const after = await cells();
	t.like(after, { Priority: 7, State: 'UPLOADED', Video: 'https://video.example/1' });
	t.regex(String(after.Error), /^Priority: the sheet changed in the very moment .* is put back/);
});
