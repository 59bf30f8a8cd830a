import { publishedDescription, type ShownRange } from './chapters.ts';
import type { EventRow } from './tables.ts';

/** What a location is told of a video besides the video itself. */
export interface PublishedText {
	title: string;
	/** With the chapters. */
	description: string;
	tags: string[];
	/** Only for those who have the link, whatever the location is configured to do with others. */
	unlisted: boolean;
}

/** What the location of an event is to be told, as its row says now. */
export function publishedText(event: EventRow): PublishedText {
	const chapters = (event.video_chapters ?? []).map(({ at, title }) => ({ at: Date.parse(at), title }));
	return {
		title: event.video_title ?? '',
		description: publishedDescription(event.video_description ?? '', chapters, shownRanges(event)),
		tags: event.tags,
		unlisted: event.video_unlisted,
	};
}

function shownRanges({ video_ranges, video_transitions, video_start, video_end }: EventRow): ShownRange[] {
	if (video_ranges === null)
		return video_start && video_end
			? [{ start: video_start.getTime(), end: video_end.getTime(), blend: 0 }]
			: [];
	return video_ranges.map(({ start, end }, index) => ({
		start: Date.parse(start),
		end: Date.parse(end),
		blend: (video_transitions?.[index - 1]?.seconds ?? 0) * 1000,
	}));
}
