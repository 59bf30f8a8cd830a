import type { ComponentChildren } from 'preact';

/** Drawn, since not every machine has letters for them. */
function Icon({ children }: { children: ComponentChildren }) {
	return (
		<svg class="icon" viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
			{children}
		</svg>
	);
}

export function SoundIcon({ on }: { on: boolean }) {
	return (
		<Icon>
			<path d="M2 6h3l4-3.5v11L5 10H2z" fill="currentColor" />
			{on ? <path d="M11 5.5q2 2.5 0 5M12.8 3.6q3.6 4.4 0 8.8" /> : <path d="m11 6 4 4m0-4-4 4" />}
		</Icon>
	);
}

export function FullScreenIcon() {
	return (
		<Icon>
			<path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
		</Icon>
	);
}

export function RepeatIcon() {
	return (
		<Icon>
			<rect x="2" y="2" width="8" height="8" rx="1" />
			<path d="M6 13.5h6.5a1 1 0 0 0 1-1V6" />
		</Icon>
	);
}

export function PlayIcon({ playing }: { playing: boolean }) {
	return (
		<Icon>
			{playing ? (
				<path d="M4 2.5h2.8v11H4zM9.2 2.5H12v11H9.2z" fill="currentColor" stroke="none" />
			) : (
				<path d="M4 2v12l9.5-6z" fill="currentColor" stroke="none" />
			)}
		</Icon>
	);
}

export function FrameIcon({ back }: { back: boolean }) {
	return (
		<Icon>
			<path d={back ? 'M11 3v10L5.5 8zM4 3v10' : 'M5 3v10l5.5-5zM12 3v10'} fill="currentColor" />
		</Icon>
	);
}

export function DownloadIcon() {
	return (
		<Icon>
			<path d="M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11" />
		</Icon>
	);
}
