import { statfs } from 'node:fs/promises';
import { Gauge, type Registry } from 'prom-client';

/** Tells how much room there is for our user, by what the folder is for. A folder that is not there is left out. */
export function addDiskMetrics(metrics: Registry, folders: Readonly<Record<string, string>>): void {
	const gauge = (name: string, help: string, bytes: (stats: { bavail: number; blocks: number }) => number) =>
		new Gauge({
			name,
			help,
			labelNames: ['purpose'],
			registers: [metrics],
			async collect() {
				this.reset();
				for (const [purpose, folder] of Object.entries(folders)) {
					const stats = await statfs(folder).catch(() => undefined);
					if (stats) this.set({ purpose }, bytes(stats) * stats.bsize);
				}
			},
		});
	gauge('cutsheet_disk_free_bytes', 'Room left on the disk of a folder.', (stats) => stats.bavail);
	gauge('cutsheet_disk_size_bytes', 'Size of the disk of a folder.', (stats) => stats.blocks);
}
