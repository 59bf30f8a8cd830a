// Builds the pages: node services/web/build-pages.ts [--watch]. Every folder below pages/ with an index.html is a page.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'vite';

const ROOT = path.join(import.meta.dirname, 'pages');
const BUILT = path.join(import.meta.dirname, 'dist/pages');

/** Smaller ones do not gain from it. */
const LEAST_BYTES = 1_024;

const watch = process.argv.includes('--watch');
// A running service reads the old build until the new one is complete.
const folder = watch ? BUILT : `${BUILT}-${process.pid}`;
await build({
	root: ROOT,
	configFile: false,
	logLevel: watch ? 'info' : 'warn',
	oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
	build: {
		outDir: folder,
		emptyOutDir: true,
		target: 'es2023',
		// The policy of the pages allows files of ours only, no data: URLs.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
		watch: watch ? {} : null,
		rolldownOptions: { input: await pages() },
	},
});
if (!watch) {
	await compressAssets(path.join(folder, 'assets'));
	await rm(BUILT, { recursive: true, force: true });
	await rename(folder, BUILT);
	// Set-up looks whether a source is newer than this.
	await writeFile(path.join(BUILT, 'built'), '');
}

async function pages(): Promise<string[]> {
	const files = await readdir(ROOT, { recursive: true });
	return files.filter((file) => path.basename(file) === 'index.html').map((file) => path.join(ROOT, file));
}

/** Beside each file one for browsers that take brotli and one for those that take gzip: made once, not per request. */
async function compressAssets(assets: string): Promise<void> {
	for (const name of await readdir(assets)) {
		const content = await readFile(path.join(assets, name));
		if (content.length < LEAST_BYTES || !/\.(js|css|svg)$/.test(name)) continue;
		await writeFile(path.join(assets, `${name}.br`), await promisify(brotliCompress)(content));
		await writeFile(path.join(assets, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
	}
}
