import { HEVC_NAL, hevcNalType } from '../codec/hevc.ts';
import { hevcFormat } from '../codec/hevc-format.ts';
import type { SegmentIndex } from '../mpegts/segment-index.ts';

/** What a decoder makes of a stream. */
export interface PictureFormat {
	/** Samples as shown. */
	width: number;
	height: number;
	/** chroma_format_idc: 0 none, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
	chromaFormat: number;
	/** Bits per luma sample. */
	bitDepth: number;
	/** How wide a sample is to its height; undefined for square ones, or where nothing tells. */
	aspect?: { num: number; den: number } | undefined;
}

/** The format of a segment's pictures; undefined when its parameter sets do not tell. */
export function formatOf({ programme, sps, sequenceSets }: SegmentIndex): PictureFormat | undefined {
	switch (programme.video?.codec) {
		case 'h264':
			return sps;
		case 'hevc': {
			const set = sequenceSets.find((candidate) => hevcNalType(candidate) === HEVC_NAL.sps);
			return set && hevcFormat(set);
		}
		default:
			return sequenceSets[0] && mpeg2Format(sequenceSets[0]);
	}
}

/** Of a sequence header (ISO/IEC 13818-2, 6.2.2.1) from its start code's last byte on: twelve bits each. */
function mpeg2Format(header: Uint8Array): PictureFormat {
	const [, a = 0, b = 0, c = 0, d = 0] = header;
	const [width, height] = [(a << 4) | (b >> 4), ((b & 15) << 8) | c];
	const shape = MPEG2_SHAPES.get(d >> 4);
	const aspect = shape && { num: shape.num * height, den: shape.den * width };
	return { width, height, chromaFormat: 1, bitDepth: 8, aspect };
}

/** aspect_ratio_information, table 6-3: of the whole picture. */
const MPEG2_SHAPES = new Map([
	[2, { num: 4, den: 3 }],
	[3, { num: 16, den: 9 }],
	[4, { num: 221, den: 100 }],
]);

/** Whether both are decoded alike. What is not known counts as alike. */
export function sameFormat(a: SegmentIndex, b: SegmentIndex): boolean {
	const [own, other] = [formatOf(a), formatOf(b)];
	if (own === undefined || other === undefined) return true;
	return (
		own.width === other.width &&
		own.height === other.height &&
		own.chromaFormat === other.chromaFormat &&
		own.bitDepth === other.bitDepth &&
		sameAspect(own, other)
	);
}

const SQUARE = { num: 1, den: 1 };

function sameAspect({ aspect: own = SQUARE }: PictureFormat, { aspect: other = SQUARE }: PictureFormat) {
	return own.num * other.den === own.den * other.num;
}

/** For people: `1280 × 720`, or `720 × 576 with samples of 16:11`. */
export function describeFormat({ width, height, aspect }: PictureFormat): string {
	const samples = aspect === undefined ? '' : ` with samples of ${aspect.num}:${aspect.den}`;
	return `${width} × ${height}${samples}`;
}

/**
 * Filters that bring pictures of another stream to a format, whatever their own is: with their aspect as it is shown, in the
 * middle of black.
 */
export function fitFilters(format: PictureFormat | undefined): string[] {
	if (format === undefined) return [];
	const { width, height, aspect = SQUARE } = format;
	const shownWidth = Math.max(2, Math.round((width * aspect.num) / aspect.den / 2) * 2);
	const chroma = ['gray', 'yuv420p', 'yuv422p', 'yuv444p'][format.chromaFormat] ?? 'yuv420p';
	const depth = format.bitDepth > 8 ? `${format.bitDepth}le` : '';
	return [
		'scale=trunc(iw*sar/2)*2:ih',
		`scale=${shownWidth}:${height}:force_original_aspect_ratio=decrease`,
		`pad=${shownWidth}:${height}:(ow-iw)/2:(oh-ih)/2`,
		...(shownWidth === width ? [] : [`scale=${width}:${height}`]),
		`setsar=${aspect.num}/${aspect.den}`,
		`format=${chroma}${depth}`,
	];
}

/** ffmpeg's names for the pixel format of `format`: that of full range comes second, where it has one. */
export function pixelFormat(format: PictureFormat | undefined): string {
	const chroma = ['gray', '420p', '422p', '444p'][format?.chromaFormat ?? 1] ?? '420p';
	if (chroma === 'gray') return chroma;
	const depth = format?.bitDepth ?? 8;
	return depth > 8 ? `yuv${chroma}${depth}le` : `yuv${chroma}|yuvj${chroma}`;
}
