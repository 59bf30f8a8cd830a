/**
 * Transport packets (ISO/IEC 13818-1, 2.4.3). All functions read or change bytes where they lie: `at` is the offset of
 * a packet's sync byte in `bytes`, and the caller has made sure that 188 bytes are there.
 */
export const PACKET_SIZE = 188;
export const SYNC_BYTE = 0x47;
export const PAT_PID = 0;
/** PIDs have 13 bits. */
export const PID_COUNT = 8192;

/** Which stream the packet belongs to (13 bits). */
export function pidOf(bytes: Uint8Array, at: number): number {
	return ((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!;
}

export function setPid(bytes: Uint8Array, at: number, pid: number): void {
	bytes[at + 1] = (bytes[at + 1]! & 0xe0) | (pid >> 8);
	bytes[at + 2] = pid & 0xff;
}

/** payload_unit_start_indicator: a PES packet or a table begins in this packet. */
export function startsUnit(bytes: Uint8Array, at: number): boolean {
	return (bytes[at + 1]! & 0x40) !== 0;
}

/** transport_error_indicator: the receiver knew that this packet is damaged. */
export function isMarkedDamaged(bytes: Uint8Array, at: number): boolean {
	return (bytes[at + 1]! & 0x80) !== 0;
}

/** transport_scrambling_control: encrypted payload. */
export function isScrambled(bytes: Uint8Array, at: number): boolean {
	return (bytes[at + 3]! & 0xc0) !== 0;
}

export function hasAdaptation(bytes: Uint8Array, at: number): boolean {
	return (bytes[at + 3]! & 0x20) !== 0;
}

export function hasPayload(bytes: Uint8Array, at: number): boolean {
	return (bytes[at + 3]! & 0x10) !== 0;
}

export function continuityCounter(bytes: Uint8Array, at: number): number {
	return bytes[at + 3]! & 0x0f;
}

export function setContinuityCounter(bytes: Uint8Array, at: number, counter: number): void {
	bytes[at + 3] = (bytes[at + 3]! & 0xf0) | (counter & 0x0f);
}

/**
 * Offset of the first payload byte; at most `at + 188`. An adaptation field that claims to be longer than the packet
 * leaves no payload.
 */
export function payloadStart(bytes: Uint8Array, at: number): number {
	if (!hasPayload(bytes, at)) return at + PACKET_SIZE;
	if (!hasAdaptation(bytes, at)) return at + 4;
	return Math.min(at + 5 + bytes[at + 4]!, at + PACKET_SIZE);
}

/** The adaptation field's flags byte; 0 when there is none. */
export function adaptationFlags(bytes: Uint8Array, at: number): number {
	return hasAdaptation(bytes, at) && bytes[at + 4]! > 0 ? bytes[at + 5]! : 0;
}

/** discontinuity_indicator: the counter or the clock may jump at this packet. */
export function isDiscontinuity(bytes: Uint8Array, at: number): boolean {
	return (adaptationFlags(bytes, at) & 0x80) !== 0;
}

export function clearDiscontinuity(bytes: Uint8Array, at: number): void {
	if (isDiscontinuity(bytes, at)) bytes[at + 5] = bytes[at + 5]! & 0x7f;
}

/** Whether the packet carries a programme clock reference in a field long enough to hold it. */
export function hasPcr(bytes: Uint8Array, at: number): boolean {
	return (adaptationFlags(bytes, at) & 0x10) !== 0 && bytes[at + 4]! >= 7;
}

/** The 33-bit base of the PCR (90 kHz); only where `hasPcr`. */
export function readPcr(bytes: Uint8Array, at: number): number {
	const high = bytes[at + 6]! * 0x1000000 + ((bytes[at + 7]! << 16) | (bytes[at + 8]! << 8) | bytes[at + 9]!);
	return high * 2 + (bytes[at + 10]! >> 7);
}

/** Writes the 33-bit base of the PCR and leaves its 27 MHz extension as it is; only where `hasPcr`. */
export function writePcr(bytes: Uint8Array, at: number, pcr: number): void {
	const low = pcr % 2;
	const high = (pcr - low) / 2;
	bytes[at + 6] = (high >>> 24) & 0xff;
	bytes[at + 7] = (high >>> 16) & 0xff;
	bytes[at + 8] = (high >>> 8) & 0xff;
	bytes[at + 9] = high & 0xff;
	bytes[at + 10] = (low << 7) | (bytes[at + 10]! & 0x7f);
}

/** A packet with nothing but a PCR, for a place where no other packet can carry it. It counts as no continuity step. */
export function pcrPacket(pid: number, pcr: number, lastCounter: number): Buffer {
	const packet = Buffer.alloc(PACKET_SIZE, 0xff);
	packet[0] = SYNC_BYTE;
	packet[1] = (pid >> 8) & 0x1f;
	packet[2] = pid & 0xff;
	packet[3] = 0x20 | (lastCounter & 0x0f);
	packet[4] = PACKET_SIZE - 5;
	packet[5] = 0x10;
	packet.fill(0, 6, 12);
	packet[10] = 0x7e;
	writePcr(packet, 0, pcr);
	return packet;
}
