import os from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { type EditInputs, submitEdit } from '../../db/transitions/submit-edit.ts';
import type { OpenDatabase } from '../database.ts';
import { RefusedError } from '../exit-codes.ts';
import { chosenRanges, chosenTransitions, type RangeOptions, withConfig, withRanges } from './arguments.ts';
import { eventId } from './event-id.ts';
import { askDatabase } from './run-service.ts';

interface EditOptions extends RangeOptions {
	config?: string;
	title?: string;
	description?: string;
	location?: string;
	allowHoles?: boolean;
	uploaders?: string[];
	editor: string;
}

/** `cutsheet edit ID`: submits the edit inputs of an event. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Submit which part of the stream an event is: UNEDITED → EDITED. A cutter takes it from there.',
		)
		.argument('<id>', 'the id of the event, as in its sheet row', eventId);
	withRanges(command)
		.option('--title <text>', "the video's title; default: the row's description")
		.option('--description <text>', "the video's description; default: empty")
		.option('--location <name>', 'the upload location; default: as the row has it')
		.option('--allow-holes', 'cut even where segments are missing; default: as the row has it')
		.option('--no-allow-holes', 'do not')
		.option(
			'--uploaders <names>',
			'the cutter nodes that may do it, with commas; default: as the row has it',
			nodeNames,
		)
		.option('--editor <name>', 'who edits, for the history', os.userInfo().username)
		.action(async (id: string, options: EditOptions) => {
			const ranges = chosenRanges(options);
			const transitions = chosenTransitions(options, ranges);
			const version = await askDatabase('edit', options, async (database) =>
				submitEdit(
					database.db,
					id,
					await editInputs(database, id, { ranges, ...(transitions && { transitions }) }, options),
				),
			);
			console.log(`Event ${id} is EDITED (edit ${version}): a cutter takes it from there.`);
		});
}

async function editInputs(
	{ db }: OpenDatabase,
	id: string,
	cut: Pick<EditInputs, 'ranges' | 'transitions'>,
	options: EditOptions,
): Promise<EditInputs> {
	const event = await db
		.selectFrom('events')
		.select(['description', 'video_title', 'video_description'])
		.where('id', '=', id)
		.executeTakeFirst();
	if (!event) throw new RefusedError(`There is no event ${id}.`);
	const title = options.title ?? (event.video_title || event.description.split('\n')[0]!.trim());
	return {
		...cut,
		title,
		description: options.description ?? event.video_description ?? '',
		editor: options.editor,
		...(options.location !== undefined && { uploadLocation: options.location }),
		...(options.allowHoles !== undefined && { allowHoles: options.allowHoles }),
		...(options.uploaders !== undefined && {
			uploaderWhitelist: options.uploaders,
		}),
	};
}

function nodeNames(text: string): string[] {
	const names = text.split(',').map((name) => name.trim());
	// The database would take it: no node has an empty name, so the row would wait for ever.
	if (names.includes(''))
		throw new InvalidArgumentError('Names of nodes with commas between them: node-1,node-2.');
	return names;
}
