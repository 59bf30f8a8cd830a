import type { IncomingHttpHeaders } from 'node:http';
import { retryAfterSeconds } from './http-exchange.ts';
import { type Processing, QuotaError, UploadError } from './location.ts';

// The reasons: https://developers.google.com/youtube/v3/docs/errors and …/docs/videos#status

const DAILY = ['quotaExceeded', 'dailyLimitExceeded', 'dailyLimitExceededUnreg'];
const TOO_FAST = ['rateLimitExceeded', 'userRateLimitExceeded', 'uploadRateLimitExceeded'];
/** The channel's own limit, over 24 hours that slide; asked again each hour. */
const CHANNEL_LIMIT = 'uploadLimitExceeded';

/** What people can do about refusals that only they can mend. */
const ADVICE: Record<string, string> = {
	youtubeSignupRequired: 'the account has no YouTube channel. Create one',
	accountSuspended: "the channel's account is suspended",
	accountClosed: "the channel's account is closed",
	insufficientPermissions: 'our credentials do not allow it. Authorize again, with the scope youtube',
	accessNotConfigured:
		'the YouTube Data API is not enabled for our project. Enable it in the Google Cloud console',
	authError: 'our credentials are refused. Authorize again',
	forbidden: 'our credentials do not allow it',
	invalidTitle: 'it refuses the title',
	invalidDescription: 'it refuses the description',
	invalidTags: 'it refuses the tags of the configuration',
	invalidCategoryId: 'it does not know the category of the configuration',
	videoNotFound: 'it does not have this video any more',
	mediaBodyRequired: 'the upload held no video',
};

/**
 * An answer of the API that says no, as a sentence: a QuotaError when it is for now only, else an UploadError.
 * `text` is the body: {"error": {"errors": [{"reason", "message"}], "message"}}.
 */
export function apiProblem(
	place: string,
	doing: string,
	status: number,
	text: string,
	headers: IncomingHttpHeaders = {},
	now = new Date(),
): UploadError {
	const { reason, message } = reasonOf(text);
	const asked = retryAfterSeconds(headers);
	if (DAILY.includes(reason)) {
		const seconds = asked ?? secondsToPacificMidnight(now);
		return new QuotaError(
			`${place}: the daily quota of the API is used up (${reason}). Goes on at midnight Pacific Time.`,
			seconds,
		);
	}
	if (reason === CHANNEL_LIMIT) {
		return new QuotaError(
			`${place}: the channel has uploaded as many videos as YouTube allows in 24 hours.`,
			asked ?? 3600,
		);
	}
	if (TOO_FAST.includes(reason) || status === 429) {
		return new QuotaError(`${place}: too many requests at once (${reason || status}).`, asked ?? 60);
	}
	if (status === 401) return new UploadError(`${place}, ${doing}: ${ADVICE.authError}.`);
	const advice = ADVICE[reason];
	if (advice !== undefined) return new UploadError(`${place}, ${doing}: ${advice} (${reason}).`);
	return new UploadError(`${place}, ${doing}: it answered ${status}${message && `: ${message}`}.`);
}

/** From `now` to the next midnight in California, when the quotas are reset. Seconds, at least 60. */
export function secondsToPacificMidnight(now: Date): number {
	const clock = new Intl.DateTimeFormat('en-GB', {
		timeZone: 'America/Los_Angeles',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
		hourCycle: 'h23',
	});
	const part = Object.fromEntries(clock.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
	return Math.max(60, 86_400 - (part.hour! * 3600 + part.minute! * 60 + part.second!));
}

const FAILURES: Record<string, string> = {
	codec: 'it uses a codec that YouTube does not know',
	conversion: 'YouTube could not convert it',
	emptyFile: 'the file was empty',
	invalidFile: 'YouTube does not know the format of the file',
	tooSmall: 'the file was too small',
	uploadAborted: 'the upload was aborted',
};
const REJECTIONS: Record<string, string> = {
	claim: 'somebody claimed its content',
	copyright: 'of a copyright infringement',
	duplicate: 'the channel has the same video already',
	inappropriate: 'its content was found inappropriate',
	legal: 'of a legal complaint',
	length: 'it is longer than the channel may upload',
	termsOfUse: "it breaks YouTube's terms of use",
	trademark: 'of a trademark infringement',
	uploaderAccountClosed: "the channel's account is closed",
	uploaderAccountSuspended: "the channel's account is suspended",
};

/** What a video's `status` says about its processing; undefined stands for a video that is not there. */
export function processingOf(
	status:
		| {
				uploadStatus?: string | null | undefined;
				failureReason?: string | null | undefined;
				rejectionReason?: string | null | undefined;
		  }
		| undefined,
): Processing {
	const rejected = (reason: string): Processing => ({ state: 'rejected', reason });
	switch (status?.uploadStatus) {
		case undefined:
		case null:
		case 'deleted':
			return rejected('YouTube does not have this video any more.');
		case 'failed':
			return rejected(`YouTube could not process the video: ${because(FAILURES, status?.failureReason)}.`);
		case 'rejected':
			return rejected(`YouTube rejected the video because ${because(REJECTIONS, status?.rejectionReason)}.`);
		case 'processed':
			return { state: 'processed' };
		default:
			return { state: 'processing' };
	}
}

function because(known: Record<string, string>, reason: string | null | undefined): string {
	return known[reason ?? ''] ?? `it says ${reason ?? 'nothing more'}`;
}

function reasonOf(text: string): { reason: string; message: string } {
	try {
		const { error } = JSON.parse(text) as {
			error?: { message?: string; status?: string; errors?: { reason?: string }[] };
		};
		return {
			reason: error?.errors?.[0]?.reason ?? '',
			message: (error?.message ?? '').replace(/<[^>]*>/g, '').replace(/\.$/, ''),
		};
	} catch {
		return { reason: '', message: '' };
	}
}
