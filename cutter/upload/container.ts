/** How a published file packs its streams. */
export type Container = 'mpegts' | 'mp4' | 'matroska';

const ENDINGS: Record<Container, string> = { mpegts: '.ts', mp4: '.mp4', matroska: '.mkv' };
const MEDIA_TYPES: Record<Container, string> = {
	mpegts: 'video/mp2t',
	mp4: 'video/mp4',
	matroska: 'video/x-matroska',
};

/** What the names of such files end in, with its dot. MPEG-TS when nothing was configured. */
export function fileEnding(container: Container = 'mpegts'): string {
	return ENDINGS[container];
}

/** What a file of this name is to be: MPEG-TS unless its ending says otherwise. */
export function containerOf(file: string): Container {
	const found = Object.entries(ENDINGS).find(([, ending]) => file.toLowerCase().endsWith(ending));
	return (found?.[0] as Container | undefined) ?? 'mpegts';
}

/** The media type of such files, for HTTP's Content-Type (RFC 3555; for Matroska the customary one). */
export function mediaType(container: Container = 'mpegts'): string {
	return MEDIA_TYPES[container];
}

/** The name of the picture beside a video file: `Talk 1234.ts` has `Talk 1234.jpg`. */
export function thumbnailName(videoFile: string): string {
	return `${videoFile.replace(/\.(ts|mp4|mkv)$/, '')}.jpg`;
}
