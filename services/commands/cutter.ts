import type { Command } from 'commander';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { runCutter } from '../../cutter/cutter.ts';
import { cutterMetrics } from '../health/cutter-metrics.ts';
import { addDiskMetrics } from '../health/disk-metrics.ts';
import { addStoreMetrics, storeCheck } from '../health/store-metrics.ts';
import { uploadMetrics } from '../health/upload-metrics.ts';
import { checkEncoding, openLocations } from '../locations.ts';
import { journalFolderOf } from '../node-folders.ts';
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
			runService('cutter', options, async ({ config, db, url, log, signal, health, started }) => {
				const { segments, stateFolder, ...settings } = config.cutter;
				const programs = await findFfmpeg();
				const opened = await openLocations(config);
				await checkEncoding(opened.values(), programs.ffmpeg);
				const counted = uploadMetrics(health.metrics);
				const locations = new Map(
					[...opened].map(([name, one]) => [name, { ...one, upload: counted(one.upload) }]),
				);
				health.needs('segments', storeCheck(segments));
				addStoreMetrics(health.metrics, segments);
				addDiskMetrics(health.metrics, {
					...{ segments: segments.base, spool: settings.spoolFolder, state: stateFolder },
				});
				const names = Object.keys(settings.locations);
				const observer = cutterMetrics(health, { ...settings, locations: names });
				const journalFolder = journalFolderOf(config.cutter);
				started();
				await runCutter(
					{
						...settings,
						...programs,
						version: packageVersion(),
						store: segments,
						locations,
						journalFolder,
						observer,
					},
					{ db, databaseUrl: url, log, signal },
				);
			}),
		);
}
