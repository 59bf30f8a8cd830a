/**
 * What Google's documentation leaves open about developer metadata on rows: whether it goes with the cells of a row. Nobody
 * should depend on either; so the local sheet can be told to behave any of these ways.
 */
export interface MetadataHabits {
	/** When rows are sorted. */
	followsSort: boolean;
	/** When a whole row is cut and pasted. */
	followsCut: boolean;
	/** When somebody undoes what moved it. */
	followsUndo: boolean;
}

/** How the local sheet behaves unless it is told otherwise. */
export const USUAL_HABITS: MetadataHabits = { followsSort: false, followsCut: false, followsUndo: true };
