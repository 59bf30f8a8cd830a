import type { RequestLimits } from '../../sheet-sync/request-budget.ts';
import type { Config } from '../config.ts';

/** Requests per minute and user, unless raised: https://developers.google.com/workspace/sheets/api/limits */
const GOOGLE_QUOTA = 60;

/**
 * What `publish-sheet` takes of the quota that it shares: three updates in a minute. The rest lets `sheet-sync` look
 * every 1.4 s while people work.
 */
const PUBLISHING_PART = 6;

type Limits = Omit<RequestLimits, 'signal'>;

/**
 * How many requests per minute `sheet-sync` and `publish-sheet` may make. Google counts what both do with the same
 * credentials together, and they are two processes: so the quota is parted between them. What the configuration sets is
 * taken as it is.
 */
export function sheetQuotas({ sheet, publishSheet }: Config): { sync: Limits; publishing: Limits } {
	const publishes = publishSheet !== undefined;
	const shared = publishes && (publishSheet.credentials ?? sheet.credentials) === sheet.credentials;
	const part = shared ? PUBLISHING_PART : GOOGLE_QUOTA;
	const publishing = {
		readsPerMinute: publishSheet?.readsPerMinute ?? part,
		writesPerMinute: publishSheet?.writesPerMinute ?? part,
	};
	const rest = (taken: number) => (shared ? Math.max(1, GOOGLE_QUOTA - taken) : GOOGLE_QUOTA);
	return {
		sync: {
			readsPerMinute: sheet.readsPerMinute ?? rest(publishing.readsPerMinute),
			writesPerMinute: sheet.writesPerMinute ?? rest(publishing.writesPerMinute),
		},
		publishing,
	};
}
