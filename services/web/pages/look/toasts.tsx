import { signal } from '@preact/signals';

type Kind = 'good' | 'bad' | 'plain';

interface Toast {
	id: number;
	kind: Kind;
	sentence: string;
}

const toasts = signal<Toast[]>([]);
let last = 0;

/** So long a sentence can be read; one about a failure stays until it is closed. */
const SHOWN_MS = 6_000;

/** Tells the person something, in the corner, and to those who listen. */
export function tell(sentence: string, kind: Kind = 'plain'): void {
	last += 1;
	const toast = { id: last, kind, sentence };
	toasts.value = [...toasts.value.slice(-3), toast];
	if (kind !== 'bad') setTimeout(() => close(toast.id), SHOWN_MS);
}

/** Tells of something that went wrong: an Error's message is a sentence for people. */
export function tellError(error: unknown): void {
	tell(error instanceof Error ? error.message : String(error), 'bad');
}

function close(id: number): void {
	toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function Toasts() {
	return (
		<section class="toasts" aria-label="Messages" aria-live="polite">
			{toasts.value.map(({ id, kind, sentence }) => (
				<div key={id} class={`toast ${kind}`} role={kind === 'bad' ? 'alert' : undefined}>
					<span>{sentence}</span>
					<button
						type="button"
						class="button plain small"
						aria-label="Close this message"
						onClick={() => close(id)}
					>
						✕
					</button>
				</div>
			))}
		</section>
	);
}
