import { signal } from '@preact/signals';
import { answerOf, api } from '../api/client.ts';

export type Theme = 'system' | 'light' | 'dark';

const root = document.documentElement;

/** What the person chose. The server writes it into the page, so that none flashes in the other colours. */
export const theme = signal<Theme>((root.dataset.theme as Theme | undefined) ?? 'system');

/** Shows this page in that theme at once, and all others from now on. */
export async function chooseTheme(chosen: Theme): Promise<void> {
	theme.value = chosen;
	if (chosen === 'system') delete root.dataset.theme;
	else root.dataset.theme = chosen;
	await answerOf(api.PUT('/api/theme', { body: { theme: chosen } }));
}
