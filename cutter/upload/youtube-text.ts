import type { youtube_v3 } from 'googleapis/build/src/apis/youtube/index.js';
import type { VideoText } from './location.ts';

/** Tags of one video have at most 500 characters: https://developers.google.com/youtube/v3/docs/videos#snippet.tags[] */
const MOST_TAG_CHARACTERS = 500;

/**
 * The tags that YouTube takes of these, from the first on: each once, without `<` and `>`, as many as fit. It counts the
 * commas between them, and quotes around those with a space.
 */
export function fittingTags(tags: readonly string[]): string[] {
	const fitting: string[] = [];
	let used = 0;
	for (const tag of new Set(tags.map((one) => one.replace(/[<>]/g, '').trim()).filter(Boolean))) {
		used += [...tag].length + (/\s/.test(tag) ? 2 : 0) + (fitting.length > 0 ? 1 : 0);
		if (used > MOST_TAG_CHARACTERS) break;
		fitting.push(tag);
	}
	return fitting;
}

/** Who may see a video: a row that asks for a link without a listing gets that, whatever the others get. */
export function privacyOf(configured: string | undefined, video: VideoText): string {
	return video.unlisted ? 'unlisted' : (configured ?? 'private');
}

/**
 * What of a video's status an update must send along so that it stays. Not its visibility, and not when it is to become
 * public: YouTube takes that together with `private` only.
 */
export function settableStatus(status: youtube_v3.Schema$VideoStatus = {}): youtube_v3.Schema$VideoStatus {
	const { embeddable, license, publicStatsViewable, selfDeclaredMadeForKids } = status;
	const settable = { embeddable, license, publicStatsViewable, selfDeclaredMadeForKids };
	return Object.fromEntries(Object.entries(settable).filter(([, value]) => value != null));
}
