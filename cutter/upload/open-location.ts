import { type LocalLocationConfig, openLocalLocation } from './local.ts';
import type { UploadLocation } from './location.ts';

/** Of every kind of location; `kind` tells which. */
export type LocationConfig = LocalLocationConfig;

/** Opens a location by its kind. Rejects with a sentence when it cannot be used. */
export async function openLocation(name: string, config: LocationConfig): Promise<UploadLocation> {
	switch (config.kind) {
		case 'local':
			return openLocalLocation(name, config);
	}
}
