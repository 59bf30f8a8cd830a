import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import { packageVersion } from '../version.ts';
import { type Finding, fine, hint, problem } from './finding.ts';

/** Whether other nodes run, under this node's name or with another version of cutsheet, and what they lack by their own words. */
export async function checkNodes(db: Db, node: string): Promise<Omit<Finding, 'part'>[]> {
	const { rows } = await sql<{ name: string; version: string; doubled: boolean }>`
		select name, version, coalesce(doubled_at > clock_timestamp() - interval '60 seconds', false) as doubled from nodes where last_seen_at > clock_timestamp() - interval '60 seconds' order by name`.execute(
		db,
	);
	const troubled = await db.selectFrom('current_troubles').select('troubles').orderBy('node').execute();
	const version = packageVersion();
	const older = rows.filter((row) => row.version !== version);
	return [
		fine(
			rows.length === 0 ? 'No cutter runs.' : `Cutters that run: ${rows.map((row) => row.name).join(', ')}.`,
		),
		...(rows.some((row) => row.name === node)
			? [hint(`A cutter named ${node} runs. If that is not this one, set cutter.node to another name here.`)]
			: []),
		...rows
			.filter(({ doubled }) => doubled)
			.map(({ name }) =>
				problem(
					`Two processes run under the node name ${name}. Stop one of them, or give it a name of its own (cutter.node).`,
				),
			),
		...troubled.flatMap(({ troubles }) => troubles.map((sentence) => problem(sentence))),
		...(older.length > 0
			? [
					hint(
						`${older.map((row) => `${row.name} runs version ${row.version}`).join(', ')}; here is ${version}. That works; upgrade in time.`,
					),
				]
			: []),
	];
}
