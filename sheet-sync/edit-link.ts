/** The cell that asks for a link to the editor page, and gets it. */
import { readBoolean } from './plain-cells.ts';
import type { CellValue } from './row-inputs.ts';

/** A link that was written for some event: its row asks for one, also as a copy of another row. */
const LINK = /^https?:\/\/\S+\/events\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/edit$/i;

/** Whether a row asks for its link: by a tick, a usual word for yes, or a link that stands there already. */
export function asksForLink(cell: CellValue): boolean {
	if (typeof cell === 'string' && LINK.test(cell.trim())) return true;
	const reading = readBoolean(cell);
	return 'value' in reading && reading.value;
}

/** @param base where the pages are, such as `https://cut.example.org` */
export function editLink(base: string, id: string): string {
	return `${base.replace(/\/+$/, '')}/events/${id}/edit`;
}
