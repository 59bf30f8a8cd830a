import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
	label: string;
	/** How it is meant. */
	hint?: ComponentChildren;
	/** What is wrong with it: a sentence, shown beside it. */
	wrong?: string | undefined;
	/** The control, given what ties it to its label and sentences. */
	children: (ties: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => JSX.Element;
}

/** A control with its label, a hint, and what is wrong with it. */
export function Field({ label, hint, wrong, children }: FieldProps) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{children({ id, 'aria-describedby': `${id}-about`, 'aria-invalid': wrong !== undefined })}
			<div id={`${id}-about`}>
				{wrong !== undefined && <div class="wrong">{wrong}</div>}
				{hint !== undefined && <div class="hint">{hint}</div>}
			</div>
		</div>
	);
}
