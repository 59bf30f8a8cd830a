import { refusedWith } from '../api/client.ts';

/** Why the stream is not played. */
export interface StreamTrouble {
	/** What is wrong, and what to do. */
	readonly sentence: string;
	/** The HTTP status of the answer; 0 when none came; undefined when it was not about loading. */
	readonly status?: number;
}

/** What to do about an answer of that status. */
function advice(status: number): string {
	if (status === 401) return 'Sign in in another tab; it goes on by itself, and what you typed is kept.';
	if (status === 403) return 'The times can be typed without it.';
	if (status === 404) return 'The times can be typed, and another node may have this video.';
	return 'Try again in a moment; the times can be typed meanwhile.';
}

const NOT_REACHED =
	'The video cannot be loaded: cutsheet cannot be reached. Is the network there? The times can be typed meanwhile.';
const NOT_OURS =
	'What came instead of the video is not from cutsheet: something in between answered. Try again, or load the page anew once the draft is saved.';

/** Of a playlist or segment that could not be had, what the service said about it. `text`: its answer, as it came. */
export function loadTrouble(status: number, text: string): StreamTrouble {
	if (status === 0) return { status, sentence: NOT_REACHED };
	if (status < 400) return { status, sentence: NOT_OURS };
	return { status, sentence: `${refusedWith(status, text).message} ${advice(status)}` };
}

/** Whether it may be over once the service is there again, and the person signed in. */
export function passes({ status }: StreamTrouble): boolean {
	return status === 0 || status === 401 || (status !== undefined && status >= 500);
}
