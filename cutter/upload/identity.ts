/** The file or object at a location that holds its id, so that another place under the same name is recognized. */
export const IDENTITY_NAME = '.cutsheet-location';

/**
 * Why a place may not be the one that an upload began on, as a sentence, or undefined when it is. `began`: the id in the
 * upload's session; `seen`: the id at the place now.
 */
export function identityProblem(place: string, began: string, seen: string | undefined): string | undefined {
	if (seen === began) return undefined;
	const problem = seen === undefined ? `has lost its ${IDENTITY_NAME} since` : 'is another place than when';
	return `${place} ${problem} the upload began. Make the configuration lead to where it began.`;
}
