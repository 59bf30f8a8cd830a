import * as published from '../../../../db/chapters.ts';
import { type ChapterMark, chapterSecond, type ShownRange } from '../../../../db/chapters.ts';
import type { Chapter, EditRange } from './edit.ts';

/** YouTube shows chapters only if there are so many, each so long: https://support.google.com/youtube/answer/9884579 */
const LEAST_CHAPTERS = 3;
const LEAST_SECONDS = 10;

/** A chapter with the whole second of the finished video at which it begins; undefined when no range shows its place. */
export interface PlacedChapter extends Chapter {
	readonly second: number | undefined;
}

/** Places chapters in the finished video, in the order in which they come there; first those that no range shows. */
export function placeChapters(chapters: readonly Chapter[], ranges: readonly EditRange[]): PlacedChapter[] {
	const shown = shownRanges(ranges);
	return chapters
		.map((chapter) => ({ ...chapter, second: chapterSecond(shown, chapter.at) }))
		.toSorted((a, b) => (a.second ?? -1) - (b.second ?? -1));
}

/** Something about chapters, by the key of the one that it is about; undefined: about all of them. */
export interface ChapterNote {
	readonly key: number | undefined;
	readonly level: 'error' | 'warning';
	readonly sentence: string;
}

/** What is wrong with the chapters, and why YouTube would not show them. `length`: of the finished video, milliseconds. */
export function chapterNotes(placed: readonly PlacedChapter[], length: number): ChapterNote[] {
	const errors = placed.flatMap(({ key, second, title }): ChapterNote[] => {
		const say = (sentence: string): ChapterNote[] => [{ key, level: 'error', sentence }];
		if (second === undefined) return say('No range shows this place, so the video has no such chapter.');
		return title.trim() === '' ? say('A chapter needs a name.') : [];
	});
	if (placed.length === 0 || errors.length > 0) return errors;
	const notes: ChapterNote[] = [];
	const warn = (key: number | undefined, sentence: string) => notes.push({ key, level: 'warning', sentence });
	if (placed[0]!.second !== 0)
		warn(placed[0]!.key, 'YouTube shows chapters only if the first one begins at 0:00.');
	if (placed.length < LEAST_CHAPTERS)
		warn(undefined, `YouTube shows chapters only if there are ${LEAST_CHAPTERS} or more.`);
	for (const [index, { key, second }] of placed.entries()) {
		const next = placed[index + 1]?.second ?? length / 1000;
		if (next - second! < LEAST_SECONDS)
			warn(key, `YouTube shows chapters only if each lasts ${LEAST_SECONDS} s or longer.`);
	}
	return notes;
}

/** The description that the location gets: the editor's, and below it a line for each chapter. */
export function publishedDescription(
	description: string,
	chapters: readonly ChapterMark[],
	ranges: readonly EditRange[],
): string {
	return published.publishedDescription(description, chapters, shownRanges(ranges));
}

function shownRanges(ranges: readonly EditRange[]): ShownRange[] {
	return ranges.flatMap(({ start, end, join }) =>
		start === null || end === null || start >= end
			? []
			: [{ start, end, blend: (join?.seconds ?? 0) * 1000 }],
	);
}
