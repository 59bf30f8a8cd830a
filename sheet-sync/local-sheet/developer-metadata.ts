/** Developer metadata on rows and columns: labels that stay on them, unseen by people, wherever they move. */
import { invalid } from './api-error.ts';
import type { DataFilter } from './ranges.ts';
import { lookUpMetadata } from './ranges.ts';
import type { Dimension, Metadata, Workbook } from './workbook.ts';
import { worksheetById } from './workbook.ts';

/** Google's limit on the keys and values of one worksheet together. */
const MOST_CHARACTERS = 30_000;

export interface NewMetadata {
	metadataId?: number | undefined;
	metadataKey: string;
	metadataValue: string;
	visibility: 'DOCUMENT' | 'PROJECT';
	location: {
		dimensionRange: { sheetId: number; dimension: Dimension; startIndex: number; endIndex: number };
	};
}

export function addMetadata(
	workbook: Workbook,
	added: NewMetadata,
): { workbook: Workbook; metadata: Metadata } {
	const { sheetId, dimension, startIndex, endIndex } = added.location.dimensionRange;
	const worksheet = worksheetById(workbook, sheetId);
	const size = dimension === 'ROWS' ? worksheet.rows.length : worksheet.columns.length;
	if (endIndex !== startIndex + 1 || endIndex > size) {
		throw invalid('Developer metadata must be on a single row or column inside of the grid.');
	}
	const used = new Set(workbook.metadata.map((one) => one.id));
	let id = added.metadataId ?? 0;
	while (id === 0 || (added.metadataId === undefined && used.has(id)))
		id = 1 + Math.floor(Math.random() * (2 ** 31 - 1));
	if (used.has(id)) throw invalid(`Developer metadata with ID ${id} already exists.`);
	const characters = workbook.metadata
		.filter((one) => one.sheetId === sheetId)
		.reduce(
			(sum, one) => sum + one.key.length + one.value.length,
			added.metadataKey.length + added.metadataValue.length,
		);
	if (characters > MOST_CHARACTERS) {
		throw invalid(
			`The sheet would hold more than the maximum of ${MOST_CHARACTERS} characters of developer metadata.`,
		);
	}
	const metadata: Metadata = {
		id,
		key: added.metadataKey,
		value: added.metadataValue,
		visibility: added.visibility,
		sheetId,
		dimension,
		index: startIndex,
	};
	return { workbook: { ...workbook, metadata: [...workbook.metadata, metadata] }, metadata };
}

export function deleteMetadata(
	workbook: Workbook,
	filter: DataFilter,
): { workbook: Workbook; deleted: Metadata[] } {
	if (filter.developerMetadataLookup === undefined) {
		throw invalid(
			'deleteDeveloperMetadata: the local sheet knows only data filters with a developerMetadataLookup.',
		);
	}
	const deleted = lookUpMetadata(workbook, filter.developerMetadataLookup);
	const metadata = workbook.metadata.filter((one) => !deleted.includes(one));
	return { workbook: { ...workbook, metadata }, deleted };
}

export function metadataReply({
	id,
	key,
	value,
	visibility,
	sheetId,
	dimension,
	index: startIndex,
}: Metadata): object {
	return {
		metadataId: id,
		metadataKey: key,
		metadataValue: value,
		visibility,
		location: {
			locationType: dimension === 'ROWS' ? 'ROW' : 'COLUMN',
			dimensionRange: { sheetId, dimension, startIndex, endIndex: startIndex + 1 },
		},
	};
}
