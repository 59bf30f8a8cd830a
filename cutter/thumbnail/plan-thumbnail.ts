/** Where something is in a picture: whole pixels. */
export interface Area {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Which picture a video gets. */
export type Thumbnail =
	| { kind: 'none' }
	/** The frame shown at a wall time. */
	| { kind: 'frame'; at: Date }
	/**
	 * The frame shown at a wall time, beneath a template image (PNG with transparent parts). Of the frame, `crop` (without
	 * it all) is scaled to the area `position` of the template, without it the template's whole area.
	 */
	| { kind: 'template'; at: Date; template: string; crop?: Area; position?: Area }
	/** An image that somebody made: the path of a PNG or JPEG file. */
	| { kind: 'image'; image: string };

export type ThumbnailFormat = 'jpeg' | 'png';

/** An image file that has been looked at. */
export interface ImageFile {
	path: string;
	format: ThumbnailFormat;
	width: number;
	height: number;
}

/** A thumbnail cannot be made as it was asked for. The message is a sentence for the person who asked. */
export class ThumbnailError extends Error {
	override name = 'ThumbnailError';
}

/** Images are no larger than this on a side, and have no more bytes: decoding takes memory for every pixel. */
export const LARGEST_SIDE = 8_192;
export const LARGEST_FILE = 20_000_000;

/**
 * ffmpeg's arguments that make `output` of a picture (the frame, or the uploaded image) and perhaps a template. Only whole
 * numbers that were checked go into filters. `quality`: for JPEG, 2 (best) to 31.
 *
 * @throws ThumbnailError when the crop or the position does not fit.
 */
export function thumbnailArguments(
	picture: ImageFile,
	layer: { template: ImageFile; crop?: Area; position?: Area } | undefined,
	output: { path: string; format: ThumbnailFormat; quality: number },
): string[] {
	const inputs = [picture, ...(layer ? [layer.template] : [])].flatMap(imageInput);
	const filter = layer === undefined ? '[0:v]null[out]' : layerFilter(picture, layer);
	const codec =
		output.format === 'png'
			? ['-c:v', 'png', '-pix_fmt', 'rgb24']
			: ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', String(output.quality)];
	return [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', ...inputs, '-filter_complex', filter],
		...['-map', '[out]', '-frames:v', '1', '-map_metadata', '-1', ...codec],
		...['-f', 'image2pipe', '-y', `file:${output.path}`],
	];
}

/** The format is named, so that ffmpeg reads an image as nothing else: a playlist could make it open other files. */
export function imageInput({ path, format }: Pick<ImageFile, 'path' | 'format'>): string[] {
	return ['-f', format === 'png' ? 'png_pipe' : 'jpeg_pipe', '-i', `file:${path}`];
}

function layerFilter(
	frame: ImageFile,
	{ template, crop, position }: { template: ImageFile; crop?: Area; position?: Area },
): string {
	const part = crop ?? { x: 0, y: 0, width: frame.width, height: frame.height };
	const place = position ?? { x: 0, y: 0, width: template.width, height: template.height };
	demandInside('crop', part, 'frame', frame);
	demandInside('position', place, 'template', template);
	return [
		`[0:v]format=gbrp,crop=${part.width}:${part.height}:${part.x}:${part.y}`,
		`scale=${place.width}:${place.height}`,
		`pad=${template.width}:${template.height}:${place.x}:${place.y}:black[frame]`,
	]
		.join(',')
		.concat(';[1:v]format=gbrap[template];[frame][template]overlay=0:0:format=gbrp[out]');
}

function demandInside(what: string, area: Area, where: string, { width, height }: ImageFile): void {
	const { x, y } = area;
	const numbers = [x, y, area.width, area.height];
	if (!numbers.every((number) => Number.isSafeInteger(number)))
		throw new ThumbnailError(`The thumbnail's ${what} must be given in whole pixels.`);
	if (area.width < 1 || area.height < 1)
		throw new ThumbnailError(`The thumbnail's ${what} must be at least one pixel wide and high.`);
	if (x < 0 || y < 0 || x + area.width > width || y + area.height > height)
		throw new ThumbnailError(
			`The thumbnail's ${what} of ${area.width} × ${area.height} at ${x}, ${y} reaches out of the ${where}, which is ${width} × ${height}.`,
		);
}

/**
 * The format and size of an image, from its first bytes (PNG: ISO/IEC 15948, 11.2.2; JPEG: ITU-T T.81, B.2.2); undefined
 * when it is neither.
 */
export function readImageHead(bytes: Buffer): Omit<ImageFile, 'path'> | undefined {
	const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	if (bytes.length >= 24 && bytes.subarray(0, 8).equals(PNG))
		return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
	if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
	for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
		const marker = bytes[at + 1]!;
		// SOF0 to SOF15, without DHT, JPG and DAC, which have numbers among them.
		const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
		if (isFrame)
			return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
	}
	return undefined;
}
