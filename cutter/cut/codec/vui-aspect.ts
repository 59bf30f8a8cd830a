import type { FieldReader } from './set-editor.ts';

/** By aspect_ratio_idc, table E-1 of ITU-T H.264 and H.265: from 2 on, those that are not square. */
const ASPECTS = [
	...[
		[12, 11],
		[10, 11],
		[16, 11],
		[40, 33],
		[24, 11],
		[20, 11],
		[32, 11],
		[80, 33],
	],
	...[
		[18, 11],
		[15, 11],
		[64, 33],
		[160, 99],
		[4, 3],
		[3, 2],
		[2, 1],
	],
].map(([num, den]) => ({ num: num!, den: den! }));

/** How wide a sample is to its height. */
export interface Aspect {
	num: number;
	den: number;
}

/** The first fields of the VUI, annex E.1.1 of H.264 and E.2.1 of H.265; undefined for square samples, or where they do not tell. */
export function vuiAspect(bits: FieldReader): Aspect | undefined {
	const EXTENDED_SAR = 255;
	const idc = bits.flag() ? bits.read(8) : 0;
	if (idc !== EXTENDED_SAR) return ASPECTS[idc - 2];
	const [num, den] = [bits.read(16), bits.read(16)];
	return num > 0 && den > 0 && num !== den ? { num, den } : undefined;
}
