import { HEVC_NAL, hevcFormat, hevcNalType } from './codec/hevc.ts';
import type { SegmentIndex } from './mpegts/segment-index.ts';

/** What a decoder makes of a stream. */
export interface PictureFormat {
	/** Samples as shown. */
	width: number;
	height: number;
	/** chroma_format_idc: 0 none, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
	chromaFormat: number;
	/** Bits per luma sample. */
	bitDepth: number;
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
	const [, a = 0, b = 0, c = 0] = header;
	return { width: (a << 4) | (b >> 4), height: ((b & 15) << 8) | c, chromaFormat: 1, bitDepth: 8 };
}

/** Whether both are decoded alike. What is not known counts as alike. */
export function sameFormat(a: SegmentIndex, b: SegmentIndex): boolean {
	const [own, other] = [formatOf(a), formatOf(b)];
	if (own === undefined || other === undefined) return true;
	return (
		own.width === other.width &&
		own.height === other.height &&
		own.chromaFormat === other.chromaFormat &&
		own.bitDepth === other.bitDepth
	);
}

/** For people: `1280 × 720`. */
export function describeFormat({ width, height }: PictureFormat): string {
	return `${width} × ${height}`;
}

/**
 * Filters that bring pictures of another stream to a format, whatever their own is: with their aspect as it is shown, in the
 * middle of black.
 */
export function fitFilters(format: PictureFormat | undefined): string[] {
	if (format === undefined) return [];
	const { width, height } = format;
	const chroma = ['gray', 'yuv420p', 'yuv422p', 'yuv444p'][format.chromaFormat] ?? 'yuv420p';
	const depth = format.bitDepth > 8 ? `${format.bitDepth}le` : '';
	return [
		'scale=trunc(iw*sar/2)*2:ih',
		`scale=${width}:${height}:force_original_aspect_ratio=decrease`,
		`pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
		'setsar=1',
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
