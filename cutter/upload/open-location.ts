import type { HttpLocationConfig } from './http.ts';
import type { LocalLocationConfig } from './local.ts';
import type { UploadLocation } from './location.ts';
import type { S3LocationConfig } from './s3.ts';
import type { YoutubeLocationConfig } from './youtube.ts';

/** Of every kind of location; `kind` tells which. */
export type LocationConfig =
	| LocalLocationConfig
	| HttpLocationConfig
	| S3LocationConfig
	| YoutubeLocationConfig;

/**
 * Opens a location by its kind. Rejects with a sentence when it cannot be used. A kind's file is loaded only when it is
 * used: the clients of S3 and YouTube cost half a second of start-up.
 */
export async function openLocation(name: string, config: LocationConfig): Promise<UploadLocation> {
	switch (config.kind) {
		case 'local':
			return (await import('./local.ts')).openLocalLocation(name, config);
		case 'http':
			return (await import('./http.ts')).openHttpLocation(name, config);
		case 's3':
			return (await import('./s3.ts')).openS3Location(name, config);
		case 'youtube':
			return (await import('./youtube.ts')).openYoutubeLocation(name, config);
	}
}
