/**
 * What people do during an event, per hour. The real one is a marathon at its busiest, as the README counts it: a hundred
 * moments an hour, each typed by an organizer, marked by an editor, cut and published; five organizers with the sheet open,
 * three editors, ten people with the list of events open. Most events are an order of magnitude calmer. The soak plays
 * ten of it at once: a thousand moments an hour, one every 3.6 seconds.
 */
export const REAL_LOAD = {
	/** A row typed below the others; one in fifty with a time that nobody can read. */
	newRows: 100,
	/** A cell of some row changed: notes, category, priority. */
	changedCells: 200,
	/** A row moved elsewhere, by hand. */
	movedRows: 10,
	/** The whole worksheet sorted by a column. */
	sorts: 1,
	/** A row deleted whose video is published. */
	deletedRows: 3,
	/** An event opened by an editor, marked and submitted; more than rows come, so that none waits long. */
	submittedEdits: 130,
	/** A published event taken back, marked otherwise and submitted again. */
	reEdits: 10,
	/** A submitted event cancelled while it waits or is cut, and submitted again. */
	cancels: 4,
	/** What a published video is called changed, which a cutter tells its location. */
	newTitles: 20,
	/** An operator's retry of whatever waits after an error. */
	retries: 12,
	/** The list of events loaded, followed live for a while, and left. */
	listVisits: 60,
	/** The sheet's page opened, followed for a while, and left. */
	sheetVisits: 30,
	/** Playlists, coverage, a waveform and some segments read, as by a player. */
	streamVisits: 240,
	/** A scrape of /metrics and /readyz of one service by Prometheus (each every 15 s). */
	scrapes: 240,
} as const;

export type Deed = keyof typeof REAL_LOAD;

/** How many times the real load is played, unless told otherwise. */
export const USUAL_TIMES = 10;

/** Of a hundred exchanges with a location that is a server, so many fail: an error, or a connection that breaks. */
export const FAILED_EXCHANGES_PERCENT = 2;

/** Where the videos go: of ten events so many to each. */
export const LOCATION_SHARES = { local: 5, http: 2, s3: 2, youtube: 1 } as const;
