// Builds the pages: node services/web/build-pages.ts [--watch]
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build, type Plugin } from 'vite';

const ROOT = path.join(import.meta.dirname, 'pages');
const BUILT = path.join(import.meta.dirname, 'dist/pages');

/** Each page, a folder below pages/: the script that it begins with, and its title until that runs. */
const PAGES: Readonly<Record<string, { script: string; title: string }>> = {
	account: { script: 'account-page.tsx', title: 'My account' },
	accounts: { script: 'accounts-page.tsx', title: 'Accounts' },
	charts: { script: 'charts.tsx', title: 'Charts' },
	editor: { script: 'editor.tsx', title: 'Event' },
	nodes: { script: 'nodes.tsx', title: 'Nodes' },
	operator: { script: 'operator.tsx', title: 'Events' },
	'sign-in': { script: 'sign-in.tsx', title: 'Sign in' },
};

/** Smaller ones do not gain from it. */
const LEAST_BYTES = 1_024;

const watch = process.argv.includes('--watch');
// A running service reads the old build until the new one is complete.
const folder = watch ? BUILT : `${BUILT}-${process.pid}`;
await build({
	root: ROOT,
	configFile: false,
	logLevel: watch ? 'info' : 'warn',
	plugins: [pageOfFolder()],
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
		rolldownOptions: { input: Object.keys(PAGES).map((name) => path.join(ROOT, name, 'index.html')) },
	},
});
if (!watch) {
	await compressAssets(path.join(folder, 'assets'));
	await rm(BUILT, { recursive: true, force: true });
	await rename(folder, BUILT);
	// Set-up looks whether a source is newer than this.
	await writeFile(path.join(BUILT, 'built'), '');
}

/** Gives each folder of a page its index.html: all of them are page.html with another script and title. */
function pageOfFolder(): Plugin {
	const id = /\/index\.html$/;
	return {
		name: 'page-of-folder',
		enforce: 'pre',
		resolveId: { filter: { id }, handler: (found) => found },
		load: {
			filter: { id },
			async handler(found) {
				const { script, title } = PAGES[path.basename(path.dirname(found))]!;
				const file = path.join(ROOT, 'page.html');
				this.addWatchFile(file);
				return (await readFile(file, 'utf8')).replace('{title}', title).replace('{script}', script);
			},
		},
	};
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
