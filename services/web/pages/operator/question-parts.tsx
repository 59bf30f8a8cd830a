import { titleOf } from './event-filter.ts';
import type { EventRow } from './event-row.ts';
import { counted } from './shown-values.ts';

/** `“Opening”`, or `12 events`. */
export function nameOf(rows: readonly EventRow[]): string {
	const [first, ...others] = rows;
	return others.length === 0 && first ? `“${titleOf(first) || 'no title'}”` : counted(rows.length, 'event');
}

interface ButtonsProps {
	button: string;
	danger?: boolean;
	disabled?: boolean;
	onClose: () => void;
	onGo?: () => void;
}

/** Back, and what is asked about: a form is submitted with it unless `onGo` is given. */
export function Buttons({ button, danger, disabled, onClose, onGo }: ButtonsProps) {
	return (
		<div class="actions">
			<button type="button" class="button" onClick={onClose}>
				Back
			</button>
			<button
				type={onGo ? 'button' : 'submit'}
				class={`button ${danger ? 'danger' : 'primary'}`}
				disabled={disabled}
				onClick={onGo}
			>
				{button}
			</button>
		</div>
	);
}
