/** PTS, DTS and the base of the PCR are 33 bits wide: they begin again at 0 after 26.5 hours. */
export const CLOCK_MODULUS = 2 ** 33;

/**
 * The time nearest to `near` that has the 33 bits of `raw`: undoes the wrap, for any `near` (ticks of 90 kHz, not
 * limited to 33 bits).
 */
export function unwrap(raw: number, near: number): number {
	const distance = modulo(raw - near, CLOCK_MODULUS);
	return near + (distance >= CLOCK_MODULUS / 2 ? distance - CLOCK_MODULUS : distance);
}

/** The 33 bits of a time that are written into the stream; negative times wrap too. */
export function wrap(ticks: number): number {
	return modulo(ticks, CLOCK_MODULUS);
}

function modulo(value: number, modulus: number): number {
	const rest = value % modulus;
	return rest < 0 ? rest + modulus : rest;
}
