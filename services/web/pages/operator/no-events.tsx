import { may } from '../shell/session.ts';
import { isFiltered } from './event-filter.ts';
import { clearFilter, events, filter } from './page-state.ts';

/** Why the list is empty, and what to do. */
export function NoEvents() {
	if (events.problem.value !== undefined)
		return (
			<p class="empty notice bad" role="alert">
				{events.problem.value} It is tried again.
			</p>
		);
	if (!events.loaded.value) return <p class="empty quiet">Reading the events…</p>;
	if (isFiltered(filter.value))
		return (
			<div class="empty">
				<p>No event is like that.</p>
				<button type="button" class="button" onClick={clearFilter}>
					Show all events
				</button>
			</div>
		);
	return (
		<div class="empty">
			<p>There is no event yet.</p>
			<p class="quiet">
				Each row of the sheet becomes one within seconds{may('editor') ? '; see “Sheet” above' : ''}. If rows
				do not come, look whether “cutsheet sheet-sync” runs.
			</p>
		</div>
	);
}
