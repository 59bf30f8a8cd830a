import type { paths } from '../../dist/api.d.ts';

type Answer = paths['/api/events']['get']['responses'][200]['content']['application/json'];

/** An event as the service tells it. */
export type ToldEvent = Answer['events'][number];

/** An event in the list, with all that can be found in it in small letters. */
export type EventRow = ToldEvent & { text: string };

/** Who works on an event, and how far that is. */
export interface WorkUnderWay {
	id: string;
	node: string;
	stage?: string;
	percent?: number;
	speed?: number;
	bytes_per_second?: number;
	seconds_left?: number;
	/** A sentence, while it does not go on. */
	stands_still?: string;
}

export function rowOf(event: ToldEvent): EventRow {
	const { video_title, description, category, error, editor, uploader, upload_location, video_link, tags } =
		event;
	const parts = [video_title, description, category, error, editor, uploader, upload_location, video_link];
	return { ...event, text: [...parts, ...tags].filter(Boolean).join('\n').toLowerCase() };
}

/** What is wrong with an event, or what it waits for. */
export function sentenceOf(event: ToldEvent): string | undefined {
	if (event.error !== undefined || !isResting(event)) return event.error;
	const { attempts, next_try_at, last_failure } = event;
	const again = next_try_at === undefined ? '' : `, again at ${next_try_at.slice(11, 16)}`;
	return `Tried ${attempts}×${again}. The last attempt failed: ${last_failure}`;
}

/** Whether it failed and is tried again by itself. */
export function isResting({ error, last_failure }: ToldEvent): boolean {
	return error === undefined && last_failure !== undefined;
}

/** Whether that is for somebody to mend, rather than to be waited for. */
export function mustAct({ error }: ToldEvent): boolean {
	return error !== undefined && !/^Waits(: | for )/.test(error);
}
