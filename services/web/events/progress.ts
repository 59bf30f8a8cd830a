import type { Db } from '../../../db/connect.ts';
import type { Progress } from '../../../db/tables.ts';
import { describeStandstill, readWork } from '../../status/standstill.ts';

/** Who works on an event, and how far that is. */
export interface WorkUnderWay extends Partial<Progress> {
	id: string;
	node: string;
	/** A sentence, while it does not go on. */
	stands_still?: string;
}

/** What is worked on now, by live leases. */
export async function readProgress(db: Db): Promise<WorkUnderWay[]> {
	return (await readWork(db)).map((work) => {
		const standstill = describeStandstill(work);
		return {
			...{ id: work.id, node: work.node, ...work.progress },
			...(standstill !== undefined && { stands_still: standstill }),
		};
	});
}
