import type { People } from './people.ts';
import type { Places } from './places.ts';
import type { SoakWorld } from './world.ts';

/** What organizers have typed, by description, for the audit. */
export interface TypedRows {
	/** Rows that can be edited. */
	good: Set<string>;
	/** Rows with a time that nobody can read: nobody edits them. */
	bad: Set<string>;
	deleted: Set<string>;
}

const CATEGORIES = ['talk', 'music', 'break', 'interview'];

/** Organizers type rows, correct cells, drag, sort and delete rows. Returns what they typed so far. */
export function organize({ sheet, db }: SoakWorld, people: People, places: Places): TypedRows {
	const typed: TypedRows = { good: new Set(), bad: new Set(), deleted: new Set() };
	const { random } = places;
	const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
	const someRow = () => pick([...typed.good].filter((description) => !typed.deleted.has(description)));
	let number = 0;

	people.begin('newRows', async () => {
		const description = `Talk ${++number}`;
		const isBad = number % 50 === 0;
		await sheet.type({
			Description: description,
			Start: isBad ? 'half past nine' : new Date().toISOString(),
			Category: pick(CATEGORIES),
			Tags: 'soak, test',
			'Upload location': places.location(),
		});
		(isBad ? typed.bad : typed.good).add(description);
	});
	people.begin('changedCells', async () => {
		const row = someRow();
		if (row === undefined) return;
		const n = Math.floor(random() * 1e6);
		const [header, value] = pick([
			['Notes', `note ${n}`],
			['Category', pick(CATEGORIES)],
			['Priority', String(n % 5)],
		] as const);
		await sheet.change(row, header, value);
	});
	people.begin('movedRows', async () => {
		if (typed.good.size > 1) await sheet.move(someRow(), someRow());
	});
	people.begin('sorts', () =>
		sheet.sort(pick(['Category', 'Start', 'Notes']), pick(['ASCENDING', 'DESCENDING'])),
	);
	people.begin('deletedRows', async () => {
		const published = await db
			.selectFrom('events')
			.select('description')
			.where('state', '=', 'UPLOADED')
			.where('removed_from_sheet_at', 'is', null)
			.limit(50)
			.execute();
		const chosen = pick(published)?.description;
		if (chosen === undefined || !places.reserve(chosen)) return;
		typed.deleted.add(chosen);
		await sheet.delete(chosen);
	});
	return typed;
}
