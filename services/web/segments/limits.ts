/** How much a request may ask for, and what is done at once. */
export const LIMITS = {
	/** Hours of one playlist: some 43,000 segments of 2 s. */
	playlistHours: 24,
	waveformHours: 24,
	/** Every segment of the range is read. */
	picturesHours: 6,
	/** Where every picture is listed: 7,200 at 60 per second. */
	pictureListSeconds: 120,
	coverageHours: 31 * 24,
	cutHours: 12,
	/** Peaks of one answer. */
	peaks: 20_000,
	/** Pixels of a frame's width. */
	frameWidth: 4096,
	/** Seconds of each range that the preview of a join shows beside the transition, at most. */
	joinSeconds: 5,
	transitionSeconds: 10,
	/** What a list without a start holds. */
	liveMinutes: 10,
} as const;
