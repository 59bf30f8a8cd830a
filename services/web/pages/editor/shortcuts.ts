/** `keys`: every way to press it, modifiers in this order (Ctrl+Alt+Shift+) and the key as KeyboardEvent.key names it. */
const of = <const Name extends string>(action: Name, keys: string, says: string) => ({
	action,
	keys: keys.split(' '),
	says,
});

const GROUPS = [
	{
		title: 'Playing',
		shortcuts: [
			of('play-pause', 'Space', 'Play or pause'),
			of('shuttle-back', 'J', 'Backwards; again: faster'),
			of('pause', 'K', 'Pause'),
			of('shuttle-forward', 'L', 'Forwards; again: faster'),
			of('slower', '<', 'Slower'),
			of('faster', '>', 'Faster'),
			of('normal-speed', '=', 'Normal speed'),
			of('play-result', 'P', 'Play the result'),
			of('preview-join', 'T', 'Preview the join into the active range'),
			of('louder', 'ArrowUp', 'Louder'),
			of('quieter', 'ArrowDown', 'Quieter'),
			of('mute', 'M', 'Sound on or off'),
			of('full-screen', 'F', 'Full screen'),
		],
	},
	{
		title: 'Going somewhere',
		shortcuts: [
			of('frame-back', ',', 'One picture back'),
			of('frame-forward', '.', 'One picture on'),
			of('back-1', 'ArrowLeft', '1 s back'),
			of('forward-1', 'ArrowRight', '1 s on'),
			of('back-5', 'Shift+ArrowLeft', '5 s back'),
			of('forward-5', 'Shift+ArrowRight', '5 s on'),
			of('back-10', 'Ctrl+ArrowLeft', '10 s back'),
			of('forward-10', 'Ctrl+ArrowRight', '10 s on'),
			of('back-60', 'PageUp', '1 min back'),
			of('forward-60', 'PageDown', '1 min on'),
			of('go-in', 'Shift+I {', 'To the in point of the active range'),
			of('go-out', 'Shift+O }', 'To its out point'),
			of('go-start', 'Home', 'To the beginning of what is loaded'),
			of('go-end', 'End', 'To the end of what is loaded'),
			of('go-live', 'E', 'To the live edge'),
			of('go-time', 'G', 'Type a time to go to'),
		],
	},
	{
		title: 'Marking',
		shortcuts: [
			of('mark-in', 'I [', 'The range begins with this picture'),
			of('mark-out', 'O ]', 'The range ends before this picture'),
			of('add-range', 'N', 'New range that begins here'),
			of('split-range', 'S', 'Split the active range here'),
			of('delete-range', 'Delete', 'Delete the active range'),
			...([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((number) =>
				of(`range-${number}`, `${number}`, `Range ${number} is the active one`),
			),
			of('add-chapter', 'C', 'New chapter here'),
			of('take-thumbnail', 'B', 'This picture is the thumbnail'),
			of('undo', 'Ctrl+Z', 'Undo'),
			of('redo', 'Ctrl+Shift+Z Ctrl+Y', 'Do again'),
		],
	},
	{
		title: 'Looking',
		shortcuts: [
			of('zoom-in', '+', 'Zoom in'),
			of('zoom-out', '-', 'Zoom out'),
			of('zoom-range', 'Z', 'Show the active range'),
			of('zoom-all', '0', 'Show all that is loaded'),
			of('save', 'Ctrl+S', 'Save the draft now'),
			of('submit', 'Ctrl+Enter', 'Submit'),
			of('help', '?', 'This list'),
		],
	},
];

/** What a key does. */
export type Action = (typeof GROUPS)[number]['shortcuts'][number]['action'];

interface ShortcutGroup {
	readonly title: string;
	readonly shortcuts: readonly { action: Action; keys: readonly string[]; says: string }[];
}

/** All shortcuts, as the overlay lists them. `Ctrl` is Command on a Mac. */
export const SHORTCUTS: readonly ShortcutGroup[] = GROUPS;

const BY_KEY = new Map<string, Action>(
	SHORTCUTS.flatMap(({ shortcuts }) =>
		shortcuts.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)),
	),
);

/** What of a KeyboardEvent matters. */
export interface Press {
	readonly key: string;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
	readonly shiftKey: boolean;
}

/** Works while typing too: nobody types them. */
const WHILE_TYPING: ReadonlySet<Action> = new Set(['save', 'submit']);

/**
 * What a key press does; undefined when nothing. `typing`: the focus is where letters go, so that letters are letters.
 * Keys that are made with Shift on some keyboards and without on others (`?`, `<`, `{`) count as what they show.
 */
export function actionOf(press: Press, typing: boolean): Action | undefined {
	const key = press.key === ' ' ? 'Space' : press.key.length === 1 ? press.key.toUpperCase() : press.key;
	const isSign = key.length === 1 && key.toUpperCase() === key.toLowerCase();
	const words = [
		press.ctrlKey || press.metaKey ? 'Ctrl' : '',
		press.altKey ? 'Alt' : '',
		press.shiftKey && !isSign ? 'Shift' : '',
		key,
	];
	const action = BY_KEY.get(words.filter(Boolean).join('+'));
	return action !== undefined && typing && !WHILE_TYPING.has(action) ? undefined : action;
}

/** A key as people know it: `ArrowLeft` is ←. */
export function keyLabel(key: string): string {
	const names: Record<string, string> = {
		ArrowLeft: '←',
		ArrowRight: '→',
		ArrowUp: '↑',
		ArrowDown: '↓',
		PageUp: 'Page ↑',
		PageDown: 'Page ↓',
	};
	return key
		.split(/\+(?=.)/)
		.map((word) => names[word] ?? word)
		.join(' ');
}
