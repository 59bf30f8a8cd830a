import { join } from 'node:path';
import type { Config } from './config.ts';

/** Where a node keeps its journal of commits. Its name may hold anything, so that it is no file name as it is. */
export function journalFolderOf({
	stateFolder,
	node,
}: Pick<Config['cutter'], 'stateFolder' | 'node'>): string {
	return join(stateFolder, 'commits', encodeURIComponent(node));
}
