import './operator.css';
import { Shell, showPage } from '../shell/shell.tsx';
import { EventTable } from './event-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import { events } from './page-state.ts';

function OperatorPage() {
	return (
		<Shell title="Events">
			<h1 class="unseen">Events</h1>
			<div class="operator">
				<FilterBar />
				<div class="panes">
					<EventTable />
				</div>
			</div>
		</Shell>
	);
}

void events.open();
void showPage(<OperatorPage />);
