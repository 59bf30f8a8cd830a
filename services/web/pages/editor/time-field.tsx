import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { PageState } from './page-state.ts';
import { formatDayAndTime, formatTime, parseTimeEntry } from './time-entry.ts';

interface TimeFieldProps {
	state: PageState;
	label: string;
	time: number | null;
	disabled?: boolean;
	/** What is wrong with the time itself, beside what was typed. */
	wrong?: string | undefined;
	onTime: (time: number | null) => void;
	id?: string;
	placeholder?: string;
}

/** A time to be typed: UTC, since the start, or moved by + and -. Emptied, the mark is taken away. */
export function TimeField({ state, label, time, disabled, wrong, onTime, id, placeholder }: TimeFieldProps) {
	const problem = useSignal<string | undefined>(undefined);
	const about = useId();
	const style = state.timeStyle.value;
	const origin = state.origin.value;
	const shown = time === null ? '' : formatTime(time, style, origin);
	const sentence = problem.value ?? wrong;

	function read(input: HTMLInputElement): void {
		const text = input.value.trim();
		problem.value = undefined;
		if (text === shown) return;
		const current = time ?? state.here;
		const read = text === '' ? null : parseTimeEntry(text, { style, origin, current });
		if (typeof read === 'string') {
			problem.value = read;
			return;
		}
		input.value = read === null ? '' : formatTime(read, style, origin);
		onTime(read);
	}

	return (
		<span class="time-field">
			<input
				id={id}
				class="input time"
				type="text"
				inputMode="text"
				autocomplete="off"
				spellcheck={false}
				aria-label={label}
				aria-describedby={about}
				aria-invalid={sentence !== undefined}
				disabled={disabled}
				placeholder={placeholder ?? '--:--'}
				title={time === null ? label : `${label}: ${formatDayAndTime(time)} UTC`}
				value={shown}
				onChange={(event) => read(event.currentTarget)}
				onKeyDown={(event) => {
					if (event.key === 'Enter') read(event.currentTarget);
					if (event.key === 'Escape') {
						event.currentTarget.value = shown;
						problem.value = undefined;
						event.currentTarget.blur();
					}
				}}
			/>
			<span id={about} class={problem.value ? 'wrong' : 'unseen'}>
				{problem.value ?? (wrong || 'UTC or since the start; +1.5 or -0:10 moves it')}
			</span>
		</span>
	);
}
