import test from 'ava';
import { chapterTime } from '../../../../db/chapters.ts';
import {
	chapterNotes,
	placeChapters,
	publishedDescription,
} from '../../../../services/web/pages/editor/chapters.ts';
import type { EditRange } from '../../../../services/web/pages/editor/edit.ts';
import { actionOf, type Press, SHORTCUTS } from '../../../../services/web/pages/editor/shortcuts.ts';
import { countDescription, countTitle } from '../../../../services/web/pages/editor/text-limits.ts';

const YOUTUBE = { title_max_characters: 100, description_max_bytes: 5000, forbidden_characters: '<>' };

test('a title counts by characters as people see them, not by units of UTF-16', (t) => {
	t.deepEqual(countTitle('🎹'.repeat(100), YOUTUBE), { used: 100, most: 100, problem: undefined });
	t.regex(countTitle('a'.repeat(101), YOUTUBE).problem!, /has 101 characters; this location takes 100/);
	t.regex(countTitle(' ', {}).problem!, /empty/);
	t.regex(countTitle('a <b>', YOUTUBE).problem!, /takes no < > in a title/);
});

test('a description counts by bytes', (t) => {
	t.is(countDescription('é'.repeat(2_500), YOUTUBE).problem, undefined);
	t.regex(countDescription(`${'é'.repeat(2_500)}!`, YOUTUBE).problem!, /5001 bytes/);
	t.is(countDescription('a'.repeat(9_999), {}).problem, undefined);
});

const RANGES: EditRange[] = [
	{ key: 1, start: 100_000, end: 160_000, join: null },
	{ key: 2, start: 10_000, end: 70_000, join: { kind: 'fade', seconds: 2 } },
];
const chapter = (key: number, at: number, title = `Part ${key}`) => ({ key, at, title });

test('chapters stand in the description in the order and at the time of the finished video', (t) => {
	const chapters = [chapter(1, 30_000), chapter(2, 100_000), chapter(3, 120_900)];
	t.is(
		publishedDescription('By Ada.\n', chapters, RANGES),
		'By Ada.\n\n0:00 Part 2\n0:20 Part 3\n1:18 Part 1',
	);
	t.is(publishedDescription('By Ada.', [], RANGES), 'By Ada.');
	t.is(publishedDescription('', [chapter(2, 100_000)], RANGES), '0:00 Part 2');
});

test('chapters that YouTube would not show are told, with the reason', (t) => {
	const notes = (...chapters: ReturnType<typeof chapter>[]) =>
		chapterNotes(placeChapters(chapters, RANGES), 118_000).map(({ key, sentence }) => [key, sentence]);
	t.deepEqual(notes(chapter(1, 100_000), chapter(2, 120_000), chapter(3, 30_000)), []);
	t.deepEqual(notes(chapter(1, 101_000), chapter(2, 105_000)), [
		[1, 'YouTube shows chapters only if the first one begins at 0:00.'],
		[undefined, 'YouTube shows chapters only if there are 3 or more.'],
		[1, 'YouTube shows chapters only if each lasts 10 s or longer.'],
	]);
	t.deepEqual(notes(chapter(1, 5_000)), [
		[1, 'No range shows this place, so the video has no such chapter.'],
	]);
	t.deepEqual(notes(chapter(1, 100_000, ' ')), [[1, 'A chapter needs a name.']]);
});

test('the time of a chapter is written as YouTube reads it', (t) => {
	t.is(chapterTime(0), '0:00');
	t.is(chapterTime(75), '1:15');
	t.is(chapterTime(3_725), '1:02:05');
});

function press(keys: string): Press {
	const words = keys.split(/\+(?=.)/);
	return {
		key: words.at(-1)!,
		ctrlKey: words.includes('Ctrl'),
		metaKey: false,
		altKey: words.includes('Alt'),
		shiftKey: words.includes('Shift'),
	};
}

test('letters are letters while typing, but for saving and submitting', (t) => {
	t.is(actionOf(press('i'), false), 'mark-in');
	t.is(actionOf(press('i'), true), undefined);
	t.is(actionOf(press('Ctrl+s'), true), 'save');
	t.is(actionOf(press('Ctrl+Enter'), true), 'submit');
	t.is(actionOf(press('Ctrl+z'), true), undefined);
});

test('keys are what they show, with Shift where the keyboard needs it', (t) => {
	t.is(actionOf(press('Shift+?'), false), 'help');
	t.is(actionOf(press('Shift+I'), false), 'go-in');
	t.is(actionOf(press('I'), false), 'mark-in');
	t.is(actionOf(press('Shift+<'), false), 'slower');
	t.is(actionOf(press('Ctrl+Shift+Z'), false), 'redo');
	t.is(actionOf(press('Shift+ArrowLeft'), false), 'back-5');
	t.is(actionOf(press(' '), false), 'play-pause');
	t.is(actionOf({ ...press('z'), metaKey: true }, false), 'undo');
});

test('keys that the browser needs do nothing of ours', (t) => {
	for (const keys of ['Ctrl+r', 'Ctrl+l', 'Alt+ArrowLeft', 'Ctrl+c', 'F5', 'Tab', 'Ctrl+j'])
		t.is(actionOf(press(keys), false), undefined, keys);
});

test('no key does two things', (t) => {
	const keys = SHORTCUTS.flatMap(({ shortcuts }) => shortcuts).flatMap((shortcut) => shortcut.keys);
	t.deepEqual(
		keys.filter((key, index) => keys.indexOf(key) !== index),
		[],
	);
});
