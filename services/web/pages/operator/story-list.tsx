import './story.css';
import { type HistoryEntry, type StoryEntry, storyOf } from './story.ts';

interface StoryProps {
	past: {
		entries: readonly HistoryEntry[];
		log: readonly { id: string; at: string; level: string; message: string; holder: string | null }[];
		older: boolean;
	};
}

/** What became of an event, newest first, and what its nodes noted. */
export function Story({ past }: StoryProps) {
	return (
		<>
			<section aria-label="Story">
				<h3>Story</h3>
				<ol class="story">
					{storyOf(past.entries).map((entry) => (
						<Step key={entry.seq} entry={entry} />
					))}
				</ol>
				{past.older && <p class="quiet">What is older is in the database only: event_story.</p>}
			</section>
			{past.log.length > 0 && (
				<section aria-label="Job log">
					<details>
						<summary>
							<h3>Job log ({past.log.length})</h3>
						</summary>
						<ol class="log">
							{past.log.map(({ id, at, level, message, holder }) => (
								<li key={id} data-level={level}>
									<When at={at} /> <strong>{holder}</strong> {message}
								</li>
							))}
						</ol>
					</details>
				</section>
			)}
		</>
	);
}

function When({ at }: { at: string }) {
	return (
		<time class="quiet times" dateTime={at} title={at}>
			{at.slice(5, 10)} {at.slice(11, 19)}
		</time>
	);
}

function Step({ entry }: { entry: StoryEntry }) {
	const { at, who, through, what, reached, note, changes } = entry;
	return (
		<li data-state={reached}>
			<div>
				<When at={at} /> <strong>{who}</strong> {what}
				{reached !== undefined && (
					<>
						{' '}
						<span class="badge" data-state={reached}>
							{reached}
						</span>
					</>
				)}
			</div>
			{note !== undefined && <div class="note">{note}</div>}
			{changes.length > 0 && (
				<details>
					<summary class="quiet">
						{changes.length === 1 ? changes[0]!.field : `${changes.length} values`}
						{through !== undefined && ` · database user ${through}`}
					</summary>
					<dl class="changes">
						{changes.map(({ field, before, after }) => (
							<div key={field}>
								<dt>{field}</dt>
								<dd>
									<del>{before}</del> <ins>{after}</ins>
								</dd>
							</div>
						))}
					</dl>
				</details>
			)}
		</li>
	);
}
