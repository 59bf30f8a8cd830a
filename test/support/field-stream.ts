import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PesToWrite, packetCount, writePes } from '../../cutter/cut/mpegts/pes.ts';
import { writeTables } from '../../cutter/cut/mpegts/tables.ts';
import type { FieldPicture } from './field-pictures.ts';
import type { WrittenPicture } from './streams.ts';

/** How the pictures are put into PES packets. */
export interface FieldMux {
	/** One PES packet for each field, or one for both. */
	each: 'field' | 'picture';
	/** With a packet for each field: whether that of the second one says its time. */
	timedSecond?: boolean;
	/** Pictures of a segment: a multiple of a group. */
	segment: number;
	/** AAC in ADTS, 48 kHz. */
	sound?: readonly Buffer[];
	/** PTS of the first picture (ticks). */
	start?: number;
}

const VIDEO = 0x100;
const SOUND = 0x101;
const PICTURE = 3600;
const SOUND_FRAME = 1920;
/** A picture arrives so long before it is decoded. */
const LEAD = 36_000;

/** Writes segments of a stream of 25 pictures a second into `folder`; returns their pictures in the order of showing. */
export async function writeFieldStream(
	folder: string,
	pictures: readonly FieldPicture[],
	{ each, timedSecond = true, segment, sound = [], start = 90_000 }: FieldMux,
): Promise<WrittenPicture[]> {
	const descriptors = Buffer.alloc(0);
	const { pat, pmt } = writeTables(
		{
			...{ transportStreamId: 1, number: 1, pmtPid: 0x1000, pcrPid: VIDEO, descriptors, leftOut: [] },
			video: { pid: VIDEO, streamType: 0x1b, codec: 'h264', descriptors },
			audio: sound.length === 0 ? [] : [{ pid: SOUND, streamType: 0x0f, codec: 'aac', descriptors }],
		},
		VIDEO,
	);
	const counters = new Map<number, number>();
	const pes = (unit: Omit<PesToWrite, 'lastCounter'>): Buffer => {
		const lastCounter = counters.get(unit.pid) ?? 15;
		const packets = writePes({ ...unit, lastCounter });
		counters.set(unit.pid, lastCounter + packetCount(packets));
		return packets;
	};
	const table = (pid: number, packet: Buffer): Buffer => {
		const counter = ((counters.get(pid) ?? 15) + 1) & 15;
		counters.set(pid, counter);
		const own = Buffer.from(packet);
		own[3] = 0x10 | counter;
		return own;
	};
	const segments: Buffer[][] = [];
	const written: WrittenPicture[] = [];
	let heard = 0;
	for (const [n, { units, shown, isKey }] of pictures.entries()) {
		const pts = start + shown * PICTURE;
		const dts = start + (n - 1) * PICTURE;
		if (isKey && shown % segment === 0) segments.push([table(0, pat), table(0x1000, pmt)]);
		const out = segments.at(-1)!;
		for (; heard < sound.length && start + heard * SOUND_FRAME <= dts + LEAD / 2; heard++)
			out.push(pes({ pid: SOUND, streamId: 0xc0, pts: start + heard * SOUND_FRAME, payload: sound[heard]! }));
		const video = { pid: VIDEO, streamId: 0xe0, unbounded: true };
		const payloads = each === 'field' ? units : [Buffer.concat(units)];
		for (const [field, payload] of payloads.entries()) {
			const half = (field * PICTURE) / 2;
			const unit = pes({
				...{ ...video, payload, pts: pts + half, dts: dts + half, randomAccess: isKey && field === 0 },
				...(field === 0 && { pcr: dts - LEAD }),
			});
			if (field === 1 && !timedSecond) removeTimes(unit);
			out.push(unit);
		}
		written.push({ pts, dts, isKey, segment: segments.length - 1 });
	}
	for (const [n, packets] of segments.entries())
		await writeFile(path.join(folder, `${String(n).padStart(4, '0')}.ts`), Buffer.concat(packets));
	return written.toSorted((a, b) => a.pts - b.pts);
}

/** Says in the header of a PES packet that its times, which become stuffing, are none. */
function removeTimes(packets: Buffer): void {
	const header = packets.indexOf(Buffer.from([0, 0, 1, 0xe0]));
	packets[header + 7] = packets[header + 7]! & 0x3f;
	packets.fill(0xff, header + 9, header + 9 + packets[header + 8]!);
}
