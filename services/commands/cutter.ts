import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkFullArguments } from '../../cutter/cut/check-arguments.ts';
import { findFfmpeg } from '../../cutter/cut/ffmpeg.ts';
import { runCutter } from '../../cutter/cutter.ts';
import type { CutterLocation } from '../../cutter/upload/cutter-location.ts';
import { type LocationConfig, openLocation } from '../../cutter/upload/open-location.ts';
import type { VideoMode } from '../../cutter/video/video-request.ts';
import type { Config } from '../config.ts';
import { UsageError } from '../exit-codes.ts';
import { packageVersion } from '../version.ts';
import { withConfig } from './arguments.ts';
import { runService } from './run-service.ts';

/** `cutsheet cutter`: a cutter node. */
export function define(command: Command): void {
	withConfig(command)
		.description(
			'Cut what editors have submitted, and upload it, until stopped. Any number of nodes may run.',
		)
		.action((options: { config?: string }) =>
			runService('cutter', options, async ({ config, db, url, log, signal }) => {
				const { segments, stateFolder, ...settings } = config.cutter;
				await mkdir(settings.spoolFolder, { recursive: true });
				const programs = await findFfmpeg();
				const locations = await openLocations(config);
				await checkEncoding(locations.values(), programs.ffmpeg);
				// A node's name may hold anything.
				const journalFolder = join(stateFolder, 'commits', encodeURIComponent(settings.node));
				await runCutter(
					{ ...settings, ...programs, version: packageVersion(), store: segments, locations, journalFolder },
					{ db, databaseUrl: url, log, signal },
				);
			}),
		);
}

/** Opens every configured location; the default one a second time under the name ''. */
async function openLocations({ cutter }: Config): Promise<Map<string, CutterLocation>> {
	const configured = Object.entries(cutter.locations);
	if (configured.length === 0) {
		throw new UsageError('cutter.locations names no upload location, so there is nowhere to put a video.');
	}
	const first = cutter.defaultLocation ?? (configured.length === 1 ? configured[0]![0] : undefined);
	const byDefault = first === undefined ? [] : [['', cutter.locations[first]!] as const];
	const opened = [...configured, ...byDefault].map(async ([name, { mode, fullArguments, ...config }]) => {
		const style = {
			mode: mode ?? cutter.mode,
			container: ('container' in config && config.container) || 'mpegts',
			...((fullArguments ?? cutter.fullArguments) && {
				fullArguments: fullArguments ?? cutter.fullArguments,
			}),
		};
		return [
			name,
			{ upload: await openLocation(name, withFiles(config, mode)), ...style } as CutterLocation,
		] as const;
	});
	return new Map(await Promise.all(opened));
}

/** An archive has a file for each contiguous part of the recording. */
function withFiles(config: LocationConfig, mode: VideoMode | undefined): LocationConfig {
	return config.kind === 'local' && mode === 'archive' ? { ...config, manyFiles: true } : config;
}

/** A mistake in the arguments for encoding is found now, not at the first video. */
async function checkEncoding(locations: Iterable<CutterLocation>, ffmpeg: string): Promise<void> {
	for (const { upload, mode, fullArguments } of locations) {
		if (mode !== 'full' || fullArguments === undefined) continue;
		await checkFullArguments(ffmpeg, fullArguments).catch((error: Error) => {
			throw new UsageError(`Upload location “${upload.name}”: ${error.message}`);
		});
	}
}
