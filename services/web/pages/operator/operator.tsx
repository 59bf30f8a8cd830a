import './operator.css';
import { may } from '../shell/session.ts';
import { Shell, showPage } from '../shell/shell.tsx';
import { SelectionBar } from './action-bar.tsx';
import { Attention } from './attention.tsx';
import { DayLine } from './day-line.tsx';
import { EventPanel } from './event-panel.tsx';
import { EventTable } from './event-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import { events } from './page-state.ts';
import { Questions } from './questions.tsx';

function OperatorPage() {
	return (
		<Shell title="Events">
			<h1 class="unseen">Events</h1>
			<div class="operator">
				{may('editor') && <Attention />}
				<FilterBar />
				<DayLine />
				<div class="panes">
					<EventTable />
					<EventPanel />
				</div>
				{may('operator') && <SelectionBar />}
			</div>
			<Questions />
		</Shell>
	);
}

void events.open();
void showPage(<OperatorPage />);
