import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Counter, type Registry } from 'prom-client';
import { QuotaError, UploadError, type UploadLocation } from '../../cutter/upload/location.ts';

/** Returns a function that gives a location back with its uploads counted. */
export function uploadMetrics(metrics: Registry): (location: UploadLocation) => UploadLocation {
	const registers = [metrics];
	const bytes = new Counter({
		name: 'cutsheet_upload_bytes_total',
		help: 'Bytes of videos sent to upload locations, the commit not counted.',
		labelNames: ['location', 'kind'],
		registers,
	});
	const seconds = new Counter({
		name: 'cutsheet_upload_busy_seconds_total',
		help: 'Seconds that the sending took.',
		labelNames: ['location', 'kind'],
		registers,
	});
	const errors = new Counter({
		name: 'cutsheet_upload_errors_total',
		help: 'Steps of uploads that failed; reason quota: the location takes nothing for now.',
		labelNames: ['location', 'kind', 'reason'],
		registers,
	});
	return (location) => {
		const labels = { location: location.name, kind: location.kind };
		bytes.inc(labels, 0);
		seconds.inc(labels, 0);
		for (const reason of ['quota', 'refused', 'unexpected']) errors.inc({ ...labels, reason }, 0);
		const counted = async <T>(step: Promise<T>, signal?: AbortSignal): Promise<T> => {
			try {
				return await step;
			} catch (error) {
				if (!signal?.aborted) errors.inc({ ...labels, reason: reasonOf(error) });
				throw error;
			}
		};
		return {
			...location,
			begin: (video) => counted(location.begin(video)),
			async send(session, file, signal, onSent) {
				const began = performance.now();
				await counted(location.send(session, file, signal, onSent), signal);
				bytes.inc(labels, await sizeOf(file));
				seconds.inc(labels, (performance.now() - began) / 1000);
			},
			commit: (session, video, file) => counted(location.commit(session, video, file)),
		};
	};
}

function reasonOf(error: unknown): string {
	if (error instanceof QuotaError) return 'quota';
	return error instanceof UploadError ? 'refused' : 'unexpected';
}

/** Bytes of a file, or of the files of a folder; 0 when it is gone. */
async function sizeOf(file: string): Promise<number> {
	const found = await stat(file).catch(() => undefined);
	if (!found?.isDirectory()) return found?.size ?? 0;
	const entries: Dirent[] = await readdir(file, { withFileTypes: true }).catch(() => []);
	const sizes = await Promise.all(
		entries.filter((entry) => entry.isFile()).map((entry) => sizeOf(path.join(file, entry.name))),
	);
	return sizes.reduce((sum, size) => sum + size, 0);
}
