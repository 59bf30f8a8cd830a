import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What ffprobe says of a file. */
export async function probeJson(file: string): Promise<{
	streams: Record<string, string | number>[];
	format: { duration?: string; tags?: Record<string, string> };
}> {
	const args = ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file];
	const { stdout } = await promisify(execFile)('ffprobe', args);
	return JSON.parse(stdout);
}
