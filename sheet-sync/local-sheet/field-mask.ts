/** Google's `fields` parameter: which parts of an answer are wanted. */
import { invalid } from './api-error.ts';

/** Wanted members by name, each with its own mask; null takes all of it. */
type Mask = Map<string, Mask> | null;

/**
 * Cut an answer down to a field mask such as `spreadsheetId,sheets.properties(sheetId,title)` or `sheets/properties`
 * (https://developers.google.com/workspace/sheets/api/guides/field-masks). Lists are masked item by item.
 *
 * @throws ApiError when the mask cannot be read
 */
export function applyFieldMask(answer: object, mask: string): object {
	const tokens = mask.match(/[A-Za-z_]\w*|[*,()./]/g) ?? [];
	if (tokens.join('') !== mask.replace(/\s/g, '') || tokens.length === 0)
		throw invalid(`Invalid field selection ${mask}`);
	let position = 0;

	function readList(): Mask {
		const members = new Map<string, Mask>();
		let all = false;
		for (;;) {
			const [name, inner] = readPath();
			if (name === '*') all = true;
			else members.set(name, merged(members, name, inner));
			if (tokens[position] !== ',') return all ? null : members;
			position++;
		}
	}

	function readPath(): [string, Mask] {
		const name = tokens[position++];
		if (name === undefined || !/^(?:\*|\w+)$/.test(name)) throw invalid(`Invalid field selection ${mask}`);
		const next = tokens[position];
		if (next === '.' || next === '/') {
			position++;
			const [member, inner] = readPath();
			return [name, member === '*' ? null : new Map([[member, inner]])];
		}
		if (next !== '(') return [name, null];
		position++;
		const inner = readList();
		if (tokens[position++] !== ')') throw invalid(`Invalid field selection ${mask}`);
		return [name, inner];
	}

	const wanted = readList();
	if (position !== tokens.length) throw invalid(`Invalid field selection ${mask}`);
	return masked(answer, wanted) as object;
}

/** Of two masks for the same member, what either of them wants. */
function merged(members: Map<string, Mask>, name: string, mask: Mask): Mask {
	const other = members.get(name);
	if (other === undefined || mask === null) return mask;
	if (other === null) return null;
	const both = new Map(other);
	for (const [member, inner] of mask) both.set(member, merged(both, member, inner));
	return both;
}

function masked(value: unknown, mask: Mask): unknown {
	if (mask === null) return value;
	if (Array.isArray(value)) return value.map((item) => masked(item, mask));
	if (typeof value !== 'object' || value === null) return value;
	const members = Object.entries(value).filter(([name]) => mask.has(name));
	return Object.fromEntries(members.map(([name, member]) => [name, masked(member, mask.get(name) ?? null)]));
}
