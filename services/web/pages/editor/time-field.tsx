import './time-field.css';
import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import type { PageState } from './page-state.ts';
import { formatDayAndTime, formatTime, parseTimeEntry } from './time-entry.ts';

interface TimeFieldProps {
	state: PageState;
	label: string;
	time: number | null;
	disabled?: boolean;
	/** What is wrong with the time itself, beside what was typed. */
	wrong?: string | undefined;
	/** It is no part of the edit: what cannot be read in it keeps nothing from being submitted. */
	apart?: boolean;
	onTime: (time: number | null) => void;
	id?: string;
	placeholder?: string;
}

/** A time to be typed: UTC, since the start, or moved by + and -. Emptied, the mark is taken away. */
export function TimeField(props: TimeFieldProps) {
	const { state, label, time, disabled, wrong, apart, onTime, id, placeholder } = props;
	const problem = useSignal<string | undefined>(undefined);
	const about = useId();
	const style = state.timeStyle.value;
	const origin = state.origin.value;
	const shown = time === null ? '' : formatTime(time, style, origin);
	const sentence = problem.value ?? wrong;
	const { editing } = state;
	useEffect(() => () => editing.noteUnread(about, undefined), [editing, about]);
	function say(problemNow: string | undefined): void {
		problem.value = problemNow;
		if (!apart) editing.noteUnread(about, problemNow === undefined ? undefined : `${label}: ${problemNow}`);
	}

	function read(input: HTMLInputElement): void {
		const text = input.value.trim();
		say(undefined);
		if (text === shown) return;
		const current = time ?? state.here;
		const read = text === '' ? null : parseTimeEntry(text, { style, origin, current });
		if (typeof read === 'string') {
			say(read);
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
						say(undefined);
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
