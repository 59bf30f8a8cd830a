import { Dialog } from '../look/dialog.tsx';
import type { PageState } from './page-state.ts';
import { keyLabel, SHORTCUTS } from './shortcuts.ts';

/** All shortcuts, by what they are for. */
export function ShortcutsOverlay({ state }: { state: PageState }) {
	if (!state.showsHelp.value) return null;
	const close = () => {
		state.showsHelp.value = false;
	};
	return (
		<Dialog title="Shortcuts" onClose={close}>
			<div class="shortcuts">
				{SHORTCUTS.map(({ title, shortcuts }) => (
					<section key={title}>
						<h3>{title}</h3>
						<dl>
							{shortcuts
								.filter(({ action }) => !/^range-[2-9]$/.test(action))
								.map(({ action, keys, says }) => (
									<div key={action}>
										<dt>
											{(action === 'range-1' ? ['1 … 9'] : keys).map((key) => (
												<kbd key={key}>{keyLabel(key)}</kbd>
											))}
										</dt>
										<dd>{action === 'range-1' ? 'That range is the active one' : says}</dd>
									</div>
								))}
						</dl>
					</section>
				))}
			</div>
			<div class="actions">
				<button type="button" class="button" autofocus onClick={close}>
					Close
				</button>
			</div>
		</Dialog>
	);
}
