import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
	title: string;
	/** The person closed it: Escape, or a button of yours. Take it off the page then. */
	onClose: () => void;
	children: ComponentChildren;
}

/** A question that must be answered before anything else; shown as long as it is rendered. */
export function Dialog({ title, onClose, children }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null);
	const heading = useId();
	useEffect(() => dialog.current?.showModal(), []);
	return (
		<dialog ref={dialog} class="dialog" aria-labelledby={heading} onClose={onClose}>
			<div class="stack">
				<h2 id={heading}>{title}</h2>
				{children}
			</div>
		</dialog>
	);
}

interface ConfirmProps {
	title: string;
	/** What will happen. */
	children: ComponentChildren;
	/** The word on the button that does it. */
	action: string;
	danger?: boolean;
	onConfirm: () => void;
	onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, children, action, danger, onConfirm, onClose }: ConfirmProps) {
	return (
		<Dialog title={title} onClose={onClose}>
			<div>{children}</div>
			<div class="actions">
				<button type="button" class="button" onClick={onClose}>
					Back
				</button>
				<button type="button" class={`button ${danger ? 'danger' : 'primary'}`} onClick={onConfirm}>
					{action}
				</button>
			</div>
		</Dialog>
	);
}
