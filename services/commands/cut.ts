import { access, link, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { HoleError } from '../../cutter/cut/cut.ts';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { storeFolder } from '../../cutter/segments/store.ts';
import { containerOf } from '../../cutter/upload/container.ts';
import { makeVideo, type VideoTools } from '../../cutter/video/make-video.ts';
import { RefusedError, UsageError } from '../exit-codes.ts';
import { openLog } from '../logging.ts';
import { stopSignal } from '../shutdown.ts';
import {
	chosenRanges,
	chosenStore,
	chosenTransitions,
	type RangeOptions,
	type StoreOptions,
	withRanges,
	withStore,
} from './arguments.ts';

interface CutOptions extends StoreOptions, RangeOptions {
	mode: 'smart' | 'full' | 'rough';
	encoder?: string;
	allowHoles?: true;
	output: string;
	force?: true;
}

/** `cutsheet cut`: a time range of the segment store as a file, without database. */
export function define(command: Command): void {
	withRanges(withStore(command))
		.description('Cut one or several time ranges from the segment store straight into a file.')
		.addOption(
			new Option(
				'--mode <mode>',
				'smart re-encodes only the edges, full everything, rough takes whole segments',
			)
				.choices(['smart', 'full', 'rough'])
				.default('smart'),
		)
		.option('--encoder <words>', "for mode full: ffmpeg's arguments for encoding, with spaces between them")
		.option('--allow-holes', 'leave missing segments out instead of refusing')
		.option('--force', 'replace the output file when it exists')
		.requiredOption('-o, --output <file>', 'the file to make: MPEG-TS, or as its ending .mp4 or .mkv says')
		.action(cutToFile);
}

async function cutToFile(options: CutOptions): Promise<void> {
	const ranges = chosenRanges(options);
	const transitions = chosenTransitions(options, ranges);
	const store = await chosenStore(options);
	await demandFolder(storeFolder(store), 'the segment store');
	await demandFolder(path.dirname(path.resolve(options.output)), 'the output file');
	if (!options.force && (await exists(options.output))) throw alreadyThere(options.output);
	const log = await openLog('cut');
	const signal = stopSignal(log);
	const partial = partialName(options.output);
	try {
		const report = await makeVideo(
			{
				store,
				ranges,
				transitions,
				allowHoles: options.allowHoles ?? false,
				mode: options.mode,
				container: containerOf(options.output),
				metadata: { date: ranges[0]!.start.toISOString() },
				...(options.encoder !== undefined && { fullArguments: options.encoder.split(/\s+/).filter(Boolean) }),
			},
			partial,
			{ ...(await findFfmpeg()), log, signal, onProgress: showProgress() },
		);
		await putInPlace(partial, options);
		log.info({ output: options.output, ...report }, 'Cut');
	} catch (error) {
		throw error instanceof HoleError ? new RefusedError(error.message) : error;
	} finally {
		await rm(partial, { force: true });
	}
}

/** Beside the output, hidden, with its ending: ffmpeg may choose the format by it. */
function partialName(output: string): string {
	const { dir, base } = path.parse(output);
	return path.join(dir, `.${process.pid}.partial.${base}`);
}

/** Without --force by a link, which never replaces a file that came meanwhile. */
async function putInPlace(partial: string, { output, force }: CutOptions): Promise<void> {
	if (force) return rename(partial, output);
	await link(partial, output).catch((error: NodeJS.ErrnoException) => {
		throw error.code === 'EEXIST' ? alreadyThere(output) : error;
	});
}

function alreadyThere(output: string): RefusedError {
	return new RefusedError(`${output} is already there. Choose another name, or --force to replace it.`);
}

async function demandFolder(folder: string, whose: string): Promise<void> {
	const found = await stat(folder).catch(() => undefined);
	if (!found?.isDirectory()) throw new UsageError(`The folder ${folder} of ${whose} does not exist.`);
}

function exists(file: string): Promise<boolean> {
	return access(file).then(
		() => true,
		() => false,
	);
}

/** What is done, and a percentage that stays on one line of a terminal; nothing on a pipe. */
function showProgress(): NonNullable<VideoTools['onProgress']> {
	if (!process.stderr.isTTY) return () => undefined;
	let shown = '';
	return (stage, fraction) => {
		const line = `${stage} ${Math.floor(fraction * 100)} %`;
		if (line === shown) return;
		const begins = shown === '' ? '' : shown.startsWith(stage) ? '\r' : '\n';
		process.stderr.write(`${begins}${line} `);
		shown = line;
	};
}
