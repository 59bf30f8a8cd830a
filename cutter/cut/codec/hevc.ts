/** nal_unit_type, ITU-T H.265 table 7-1. */
export const HEVC_NAL = {
	blaWithLeading: 16,
	blaWithRadl: 17,
	blaAlone: 18,
	idrWithRadl: 19,
	idrAlone: 20,
	cra: 21,
	vps: 32,
	sps: 33,
	pps: 34,
	delimiter: 35,
	endOfSequence: 36,
} as const;
