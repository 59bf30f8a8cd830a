import { checkFullArguments } from '../cutter/cut/encode/check-arguments.ts';
import type { CutterLocation } from '../cutter/upload/cutter-location.ts';
import { type LocationConfig, openLocation } from '../cutter/upload/open-location.ts';
import type { VideoMode } from '../cutter/video/video-request.ts';
import type { Config } from './config.ts';
import { UsageError } from './exit-codes.ts';

/**
 * Opens every configured location; the default one a second time under the name ''.
 * @throws UsageError when there is none, or one cannot be used
 */
export async function openLocations(config: Config): Promise<Map<string, CutterLocation>> {
	const { cutter } = config;
	const configured = Object.keys(cutter.locations);
	if (configured.length === 0) {
		throw new UsageError('cutter.locations names no upload location, so there is nowhere to put a video.');
	}
	const first = cutter.defaultLocation ?? (configured.length === 1 ? configured[0] : undefined);
	const opened = configured.map(async (name) => [name, await openNamed(name, config)] as const);
	const byDefault = first === undefined ? [] : [openNamed(first, config).then((one) => ['', one] as const)];
	return new Map(await Promise.all([...opened, ...byDefault]));
}

/** Opens one of the configured locations. @throws UsageError when it cannot be used */
export async function openNamed(name: string, { cutter }: Config): Promise<CutterLocation> {
	const { mode, fullArguments = cutter.fullArguments, ...config } = cutter.locations[name]!;
	const upload = await openLocation(name, withFiles(config, mode)).catch((error: Error) => {
		throw new UsageError(`cutter.locations.${name}: ${error.message}`);
	});
	return {
		upload,
		mode: mode ?? cutter.mode,
		container: ('container' in config && config.container) || 'mpegts',
		...(fullArguments && { fullArguments }),
	};
}

/** An archive has a file for each contiguous part of the recording. */
function withFiles(config: LocationConfig, mode: VideoMode | undefined): LocationConfig {
	return config.kind === 'local' && mode === 'archive' ? { ...config, manyFiles: true } : config;
}

/** A mistake in the arguments for encoding is found now, not at the first video. @throws UsageError */
export async function checkEncoding(locations: Iterable<CutterLocation>, ffmpeg: string): Promise<void> {
	for (const { upload, mode, fullArguments } of locations) {
		if (mode !== 'full' || fullArguments === undefined) continue;
		await checkFullArguments(ffmpeg, fullArguments).catch((error: Error) => {
			throw new UsageError(`Upload location “${upload.name}”: ${error.message}`);
		});
	}
}
