import type { Chapter, EditRange } from './edit.ts';
import { outputPieces } from './output-line.ts';

/** YouTube shows chapters only if there are so many, each so long: https://support.google.com/youtube/answer/9884579 */
const LEAST_CHAPTERS = 3;
const LEAST_SECONDS = 10;

/** A chapter with the whole second of the finished video at which it begins; undefined when no range shows its place. */
export interface PlacedChapter extends Chapter {
	readonly second: number | undefined;
}

/**
 * Places chapters in the finished video, in the order in which they come there. A range begins, for this, where its
 * transition begins.
 */
export function placeChapters(chapters: readonly Chapter[], ranges: readonly EditRange[]): PlacedChapter[] {
	const pieces = outputPieces(ranges);
	const placed = chapters.map((chapter) => {
		const index = pieces.findIndex(({ key }) => {
			const range = ranges.find((one) => one.key === key)!;
			return chapter.at >= range.start! && chapter.at < range.end!;
		});
		const piece = pieces[index];
		if (piece === undefined) return { ...chapter, second: undefined };
		return { ...chapter, second: Math.floor(Math.max(0, piece.at + chapter.at - piece.from) / 1000) };
	});
	return placed.toSorted((a, b) => (a.second ?? -1) - (b.second ?? -1));
}

/** What is wrong with the chapters, by the key of the one that it is about; undefined key: about all of them. */
export function chapterNotes(placed: readonly PlacedChapter[], length: number) {
	const notes: { key: number | undefined; level: 'error' | 'warning'; sentence: string }[] = [];
	for (const { key, second, title } of placed) {
		const say = (sentence: string) => notes.push({ key, level: 'error', sentence });
		if (second === undefined) say('No range shows this place, so the video has no such chapter.');
		else if (title.trim() === '') say('A chapter needs a name.');
	}
	if (placed.length === 0 || notes.length > 0) return notes;
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
	chapters: readonly Chapter[],
	ranges: readonly EditRange[],
): string {
	const lines = placeChapters(chapters, ranges)
		.filter((chapter) => chapter.second !== undefined)
		.map(({ second, title }) => `${chapterTime(second!)} ${title.trim()}`);
	return [description.trimEnd(), lines.join('\n')].filter((part) => part !== '').join('\n\n');
}

/** `M:SS`, or `H:MM:SS` from an hour on. */
export function chapterTime(second: number): string {
	const minutes = Math.floor(second / 60) % 60;
	const hours = Math.floor(second / 3600);
	const pad = (value: number) => String(value).padStart(2, '0');
	return hours > 0 ? `${hours}:${pad(minutes)}:${pad(second % 60)}` : `${minutes}:${pad(second % 60)}`;
}
