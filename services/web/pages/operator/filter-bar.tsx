import './filter-bar.css';
import { useEffect, useRef } from 'preact/hooks';
import { isFiltered, STATES } from './event-filter.ts';
import { changeFilter, choices, clearFilter, counts, events, filter, shown } from './page-state.ts';
import { counted } from './shown-values.ts';

/** What of the events is shown: states, category, day, node, errors, and words. */
export function FilterBar() {
	const { states, category, day, node, failed, find } = filter.value;
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const typing =
				event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
			if (event.key !== '/' || typing || document.querySelector('dialog[open]')) return;
			event.preventDefault();
			input.current?.focus();
		};
		addEventListener('keydown', onKey);
		return () => removeEventListener('keydown', onKey);
	}, []);
	const { byState, errors } = counts.value;
	const press = (state: string) =>
		changeFilter({
			states: states.includes(state) ? states.filter((one) => one !== state) : [...states, state],
		});
	const { categories, days, nodes } = choices.value;
	return (
		<search class="filters" aria-label="Filter the events">
			<input
				ref={input}
				type="search"
				class="input find"
				placeholder="Find…  ( / )"
				aria-label="Find events"
				value={find}
				onInput={({ currentTarget }) => changeFilter({ find: currentTarget.value })}
			/>
			<fieldset class="chips">
				<legend class="unseen">State</legend>
				{STATES.map((state) => (
					<button
						key={state}
						type="button"
						class="chip"
						data-state={state}
						aria-pressed={states.includes(state)}
						onClick={() => press(state)}
					>
						{state.charAt(0) + state.slice(1).toLowerCase()}
						<span class="times">{(byState.get(state) ?? 0).toLocaleString('en')}</span>
					</button>
				))}
				<button
					type="button"
					class="chip errors"
					aria-pressed={failed}
					onClick={() => changeFilter({ failed: !failed })}
				>
					Errors
					<span class="times">{errors.toLocaleString('en')}</span>
				</button>
			</fieldset>
			<Choice
				label="Category"
				value={category}
				all={categories}
				onChoose={(value) => changeFilter({ category: value })}
			/>
			<Choice label="Day" value={day} all={days} onChoose={(value) => changeFilter({ day: value })} />
			<Choice label="Node" value={node} all={nodes} onChoose={(value) => changeFilter({ node: value })} />
			<output class="quiet times count" aria-live="polite">
				{counted(shown.value.length, 'event')}
			</output>
			{isFiltered(filter.value) && (
				<button type="button" class="button plain small" onClick={clearFilter}>
					Show all
				</button>
			)}
			{!events.connected.value && (
				<span class="lost" role="status">
					Not live: the service does not answer. Trying again…
				</span>
			)}
		</search>
	);
}

interface ChoiceProps {
	label: string;
	value: string;
	all: readonly string[];
	onChoose: (value: string) => void;
}

function Choice({ label, value, all, onChoose }: ChoiceProps) {
	// What the address asks for stays chosen, also when no event has it.
	const options = value === '' || all.includes(value) ? all : [value, ...all];
	return (
		<select
			class="input choice"
			aria-label={label}
			data-chosen={value !== '' || undefined}
			value={value}
			onChange={({ currentTarget }) => onChoose(currentTarget.value)}
		>
			<option value="">{label}</option>
			{options.map((one) => (
				<option key={one} value={one}>
					{one}
				</option>
			))}
		</select>
	);
}
