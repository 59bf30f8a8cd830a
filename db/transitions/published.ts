/** What became of an upload, as the row keeps it. */
export interface Published {
	link: string;
	/** The location's own id of the video. */
	videoId?: string;
	/** What the location was told (title, description, …), to see later what has changed since. */
	told?: object;
}
