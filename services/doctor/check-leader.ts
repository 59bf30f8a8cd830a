import type { Db } from '../../db/connect.ts';
import { describeStranger, lockHolder } from '../../db/lock-holder.ts';
import { LEADERS_RIGHT, leaderLock } from '../../sheet-sync/daemon.ts';
import { type Finding, fine, problem } from './finding.ts';

/** Whether something that is no sheet-sync keeps those of a spreadsheet from leading. */
export async function checkLeader(db: Db, spreadsheet: string): Promise<Omit<Finding, 'part'>[]> {
	const owners = { application: 'cutsheet-sheet-sync', right: LEADERS_RIGHT };
	const holder = await lockHolder(db, leaderLock(spreadsheet), owners);
	if (holder === undefined) return [];
	return holder.isPeer
		? [fine(`A sheet-sync leads for ${spreadsheet}.`)]
		: [problem(describeStranger(holder, 'sheet-sync'))];
}
