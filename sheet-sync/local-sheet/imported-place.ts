/** Where in a file there is something that no cell can hold. */
import { ApiError, invalid } from './api-error.ts';
import { cellName } from './xlsx-limits.ts';

/**
 * What `read` makes of the cell of a file.
 *
 * @param worksheet its title; undefined: the file has only one
 * @param row from 0, as column
 * @throws ApiError that names the cell, and says that nothing was imported
 */
export function at<T>(worksheet: string | undefined, row: number, column: number, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		const where = worksheet === undefined ? '' : ` of worksheet “${worksheet.slice(0, 60)}”`;
		throw invalid(
			`Cell ${cellName(row, column)}${where} of the file cannot be taken: ${error.message} Nothing was imported; mend that cell, and import the file again.`,
		);
	}
}
