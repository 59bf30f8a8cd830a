import { type HttpLocationConfig, openHttpLocation } from './http.ts';
import { type LocalLocationConfig, openLocalLocation } from './local.ts';
import type { UploadLocation } from './location.ts';
import { openS3Location, type S3LocationConfig } from './s3.ts';
import { openYoutubeLocation, type YoutubeLocationConfig } from './youtube.ts';

/** Of every kind of location; `kind` tells which. */
export type LocationConfig =
	| LocalLocationConfig
	| HttpLocationConfig
	| S3LocationConfig
	| YoutubeLocationConfig;

/** Opens a location by its kind. Rejects with a sentence when it cannot be used. */
export async function openLocation(name: string, config: LocationConfig): Promise<UploadLocation> {
	switch (config.kind) {
		case 'local':
			return openLocalLocation(name, config);
		case 'http':
			return openHttpLocation(name, config);
		case 's3':
			return openS3Location(name, config);
		case 'youtube':
			return openYoutubeLocation(name, config);
	}
}
