import './action-bar.css';
import { begin, OFFERS, underWay } from './actions.ts';
import type { EventRow } from './event-row.ts';
import { selected, shown } from './page-state.ts';
import { counted } from './shown-values.ts';

/** What can be done with these events, as far as it makes sense for at least one of them. */
export function ActionButtons({ rows }: { rows: readonly EventRow[] }) {
	const many = rows.length > 1;
	return (
		<>
			{OFFERS.map((offer) => {
				const fitting = rows.filter(offer.fits).length;
				return (
					fitting > 0 && (
						<button
							key={offer.name}
							type="button"
							class={`button small${offer.danger ? ' danger' : ''}`}
							title={offer.hint}
							disabled={underWay.value !== undefined}
							onClick={() => begin(offer, rows)}
						>
							{offer.name}
							{many && fitting < rows.length && <span class="quiet times">{fitting}</span>}
						</button>
					)
				);
			})}
		</>
	);
}

/** What can be done with all that is ticked. */
export function SelectionBar() {
	const ids = selected.value;
	if (ids.size === 0) return null;
	const rows = shown.value.filter(({ id }) => ids.has(id));
	const progress = underWay.value;
	return (
		<section class="selection" aria-label="Selected events">
			<strong>{counted(rows.length, 'event')} selected</strong>
			<ActionButtons rows={rows} />
			{progress !== undefined && (
				<span role="status" class="quiet times">
					{progress.done} of {progress.all} done…
				</span>
			)}
			<button
				type="button"
				class="button plain small"
				onClick={() => {
					selected.value = new Set();
				}}
			>
				Deselect
			</button>
		</section>
	);
}
