import '../look/look.css';
import './shell.css';
import type { ComponentChildren } from 'preact';
import { render } from 'preact';
import { chooseTheme, type Theme, theme } from '../look/theme.ts';
import { Toasts, tellError } from '../look/toasts.tsx';
import { Mark } from './mark.tsx';
import { account, loadSession, may, type Role, sheet, signOut } from './session.ts';

/** Where one can go from every page; only what the person may see is shown. */
const PLACES: readonly { url: string; name: string; role: Role }[] = [
	{ url: '/', name: 'Events', role: 'viewer' },
	{ url: '/nodes', name: 'Nodes', role: 'viewer' },
	{ url: '/charts', name: 'Charts', role: 'viewer' },
	{ url: '/accounts', name: 'Accounts', role: 'admin' },
];

interface ShellProps {
	/** What the page is; also the browser tab's title. */
	title: string;
	/** Text in a column of readable width; a page with panes of its own takes the full width. */
	narrow?: boolean;
	children: ComponentChildren;
}

/** A page: header, navigation, account menu, and its own content as the main landmark. */
export function Shell({ title, narrow, children }: ShellProps) {
	document.title = `${title} · cutsheet`;
	return (
		<>
			<a class="skip button" href="#main">
				Skip to the content
			</a>
			<header class="top">
				<a class="brand" href="/">
					<Mark />
					cutsheet
				</a>
				<nav aria-label="Pages">
					{PLACES.filter(({ role }) => may(role)).map(({ url, name }) => (
						<a key={url} href={url} aria-current={location.pathname === url ? 'page' : undefined}>
							{name}
						</a>
					))}
					{sheet.value !== null && <a href={sheet.value}>Sheet</a>}
				</nav>
				<AccountMenu />
			</header>
			<main id="main" tabIndex={-1} class={narrow ? 'main narrow' : 'main'}>
				{children}
			</main>
			<Toasts />
		</>
	);
}

const THEMES: readonly { theme: Theme; name: string }[] = [
	{ theme: 'system', name: 'Auto' },
	{ theme: 'light', name: 'Light' },
	{ theme: 'dark', name: 'Dark' },
];

function AccountMenu() {
	const who = account.value;
	if (who === null) return null;
	return (
		<details class="menu" onKeyDown={closeOnEscape} onFocusOut={closeOutside}>
			<summary class="button plain" aria-label={`Account: ${who.name}`}>
				<bdi>{who.name}</bdi>
				<span aria-hidden="true">▾</span>
			</summary>
			<div class="items">
				<div class="who">
					<strong>{who.name}</strong>
					<div class="quiet">{who.role}</div>
				</div>
				<fieldset class="row tight themes">
					<legend class="unseen">Colours</legend>
					{THEMES.map(({ theme: one, name }) => (
						<button
							key={one}
							type="button"
							class="button plain small"
							aria-pressed={theme.value === one}
							onClick={() => chooseTheme(one).catch(tellError)}
						>
							{name}
						</button>
					))}
				</fieldset>
				<a class="button plain" href="/account">
					My account
				</a>
				<button type="button" class="button plain" onClick={() => signOut().catch(tellError)}>
					Sign out
				</button>
			</div>
		</details>
	);
}

function closeOnEscape({ key, currentTarget }: KeyboardEvent): void {
	if (key !== 'Escape' || !(currentTarget instanceof HTMLDetailsElement)) return;
	currentTarget.open = false;
	currentTarget.querySelector('summary')?.focus();
}

function closeOutside({ relatedTarget, currentTarget }: FocusEvent): void {
	if (!(currentTarget instanceof HTMLDetailsElement)) return;
	if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) currentTarget.open = false;
}

/** Shows a page for people who are signed in: `showPage(<Events />)`. What it renders begins with a Shell. */
export async function showPage(page: ComponentChildren): Promise<void> {
	const place = document.getElementById('page')!;
	await loadSession().catch(tellError);
	render(account.value === null ? <Toasts /> : page, place);
}
