/**
 * The pictures of the test stream, painted by us, so that they need no fonts and no filters of ffmpeg: a clock and a
 * frame number for people, and the frame number once more as black and white blocks for programs. Each picture says
 * exactly when it was shown, so a cut can be checked by looking at it.
 */
export const TEST_RATE = 25;
export const TEST_WIDTH = 640;
export const TEST_HEIGHT = 360;

const FRAME_MS = 1000 / TEST_RATE;
const DAY_MS = 86_400_000;
/** Bits of the frame number, the highest first, one block each along the bottom edge. */
const BITS = 32;
/** The row of blocks is this part of the height. */
const BLOCK_ROW = 8;
const WHITE = 235;
const BLACK = 16;

/** The number of the picture that is shown at a time (milliseconds since the epoch): pictures since midnight UTC. */
export function testFrameNumber(milliseconds: number): number {
	return Math.floor((milliseconds % DAY_MS) / FRAME_MS);
}

/**
 * Paints the picture shown at `milliseconds` since the epoch: planar YUV 4:2:0, `width` × `height` (even; the width a
 * multiple of 32), luma first. `into` is reused when given.
 */
export function paintTestPicture(
	milliseconds: number,
	width = TEST_WIDTH,
	height = TEST_HEIGHT,
	into = Buffer.alloc((width * height * 3) / 2),
): Buffer {
	const number = testFrameNumber(milliseconds);
	paintBackground(into, width, height, number);
	const clock = new Date(milliseconds).toISOString();
	const scale = Math.max(1, Math.floor(width / (clock.length * 6 + 12)));
	paintText(into, width, clock, scale * 6, height >> 2, scale);
	paintText(into, width, `FRAME ${number}`, scale * 6, (height >> 2) + 14 * scale, scale * 2);
	paintBlocks(into, width, height, number);
	return into;
}

/**
 * Reads the frame number back out of a decoded picture's luma (8 bits, `width` × `height`, any size that keeps the
 * proportions), or undefined when there is no clear row of blocks.
 */
export function readTestFrameNumber(luma: Uint8Array, width: number, height: number): number | undefined {
	const block = width / BITS;
	const middle = Math.floor(height - height / BLOCK_ROW / 2);
	let number = 0;
	for (let bit = 0; bit < BITS; bit++) {
		const sample = luma[middle * width + Math.floor((bit + 0.5) * block)]!;
		if (sample > 96 && sample < 160) return undefined;
		number = number * 2 + (sample >= 160 ? 1 : 0);
	}
	return number;
}

/** A slow gradient in colour, so that an encoder has movement to predict and a person sees the stream live. */
function paintBackground(into: Buffer, width: number, height: number, number: number): void {
	const shift = number % width;
	for (let y = 0; y < height; y++) {
		const row = y * width;
		for (let x = 0; x < width; x++) into[row + x] = 48 + (((x + shift) >> 2) & 31) + (y >> 4);
	}
	const chroma = width * height;
	const quarter = (width * height) >> 2;
	into.fill(128 + (number % 50) - 25, chroma, chroma + quarter);
	into.fill(110, chroma + quarter, chroma + 2 * quarter);
}

function paintBlocks(into: Buffer, width: number, height: number, number: number): void {
	const block = width / BITS;
	const top = height - Math.floor(height / BLOCK_ROW);
	for (let y = top; y < height; y++) {
		for (let bit = 0; bit < BITS; bit++) {
			const level = Math.floor(number / 2 ** (BITS - 1 - bit)) % 2 === 1 ? WHITE : BLACK;
			into.fill(level, y * width + bit * block, y * width + (bit + 1) * block);
		}
	}
}

function paintText(
	into: Buffer,
	width: number,
	text: string,
	left: number,
	top: number,
	scale: number,
): void {
	for (const [position, letter] of [...text].entries()) {
		const rows = GLYPHS[letter];
		if (rows === undefined) continue;
		for (const [y, bits] of rows.entries()) {
			for (let x = 0; x < 5; x++) {
				if (((bits >> (4 - x)) & 1) === 0) continue;
				paintSquare(into, width, left + (position * 6 + x) * scale, top + y * scale, scale);
			}
		}
	}
}

function paintSquare(into: Buffer, width: number, left: number, top: number, size: number): void {
	for (let y = top; y < top + size; y++) {
		const row = y * width;
		if (left + size <= width) into.fill(WHITE, row + left, row + left + size);
	}
}

/** Letters of 5 × 7 dots: seven rows of five bits. Only what a clock and a frame number need. */
const GLYPHS: Record<string, number[]> = {
	'0': [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
	'1': [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
	'2': [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f],
	'3': [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
	'4': [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
	'5': [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
	'6': [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
	'7': [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
	'8': [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
	'9': [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
	':': [0x00, 0x0c, 0x0c, 0x00, 0x0c, 0x0c, 0x00],
	'.': [0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c],
	'-': [0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00],
	T: [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
	Z: [0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f],
	F: [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10],
	R: [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
	A: [0x0e, 0x11, 0x11, 0x11, 0x1f, 0x11, 0x11],
	M: [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
	E: [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
};
