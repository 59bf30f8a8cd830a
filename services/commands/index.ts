import type { Command } from 'commander';

/** One subcommand. Its file is loaded only when it runs. */
export interface Subcommand {
	name: string;
	summary: string;
	/** The file's `define` adds options, help and action to the command. */
	load: () => Promise<{ define(command: Command): void }>;
}

export const COMMANDS: readonly Subcommand[] = [
	{
		name: 'demo',
		summary: 'run everything here with a test stream, and show a row become a video',
		load: () => import('./demo.ts'),
	},
	{
		name: 'migrate',
		summary: "bring the database's schema up to date",
		load: () => import('./migrate.ts'),
	},
	{
		name: 'sheet-sync',
		summary: 'keep sheet and database in step',
		load: () => import('./sheet-sync.ts'),
	},
	{
		name: 'sheet-check',
		summary: 'say what is missing before the sheet can be synced',
		load: () => import('./sheet-check.ts'),
	},
	{
		name: 'publish-sheet',
		summary: 'keep another spreadsheet as a copy of the events, for the public',
		load: () => import('./publish-sheet.ts'),
	},
	{
		name: 'local-sheet',
		summary: 'serve a spreadsheet of our own, for use without Google',
		load: () => import('./local-sheet.ts'),
	},
	{
		name: 'web',
		summary: 'serve the pages for editors and operators, and the recorded stream',
		load: () => import('./web.ts'),
	},
	{
		name: 'user',
		summary: 'say who may sign in on the pages, and as what',
		load: () => import('./user.ts'),
	},
	{
		name: 'token',
		summary: 'make tokens for scripts',
		load: () => import('./token.ts'),
	},
	{
		name: 'cutter',
		summary: 'cut and upload what editors have submitted',
		load: () => import('./cutter.ts'),
	},
	{
		name: 'record',
		summary: 'record a stream into the segment store',
		load: () => import('./record.ts'),
	},
	{
		name: 'coverage',
		summary: 'show holes in the recording',
		load: () => import('./coverage.ts'),
	},
	{
		name: 'cut',
		summary: 'cut a time range from the segment store into a file',
		load: () => import('./cut.ts'),
	},
	{
		name: 'edit',
		summary: 'say which part of the stream an event is, so that it is cut',
		load: () => import('./edit.ts'),
	},
	{
		name: 'cancel',
		summary: 'take an event back for another edit',
		load: () => import('./cancel.ts'),
	},
	{
		name: 'doctor',
		summary: 'what is wrong on this machine, and what to do',
		load: () => import('./doctor.ts'),
	},
	{
		name: 'status',
		summary: 'what waits, what is cut, what failed and why',
		load: () => import('./status.ts'),
	},
];
