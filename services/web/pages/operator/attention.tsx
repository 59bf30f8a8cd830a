import './attention.css';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { answerOf, api } from '../api/client.ts';

const LOOK_EVERY_MS = 5_000;

const sentences = signal<readonly string[]>([]);

/** What holds up more than one event, each with who it is and what to do; nothing while all is as it should be. */
export function Attention() {
	useEffect(() => {
		const gone = new AbortController();
		void keepLooking(gone.signal);
		return () => gone.abort();
	}, []);
	const all = sentences.value;
	return (
		<section class="attention" aria-label="Needs attention" aria-live="polite" hidden={all.length === 0}>
			{all.map((sentence) => (
				<p key={sentence} class="notice bad">
					{sentence}
				</p>
			))}
		</section>
	);
}

async function keepLooking(gone: AbortSignal): Promise<void> {
	while (!gone.aborted) {
		// While the service does not answer the list says so.
		const answer = await answerOf(api.GET('/api/attention')).catch(() => undefined);
		if (answer !== undefined) sentences.value = answer.sentences;
		await new Promise((over) => setTimeout(over, LOOK_EVERY_MS));
	}
}
