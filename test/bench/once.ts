import pino from 'pino';
import { cut } from '../../cutter/cut/cut.ts';
import { findFfmpeg } from '../../cutter/cut/encode/ffmpeg.ts';
import { findBestSequence, type SegmentStore } from '../../cutter/segments/store.ts';
import { dateFromTicks } from '../../cutter/segments/ticks.ts';
import { makeVideo } from '../../cutter/video/make-video.ts';

/** What to measure once, in a process of its own; wall times in ticks. A `video` is cut and checked. */
export type Order =
	| { kind: 'cut' | 'video'; store: SegmentStore; start: number; end: number; output: string }
	| { kind: 'scan'; store: SegmentStore; start: number; end: number };

export interface Measured {
	seconds: number;
	/** The largest resident memory of the process. */
	rssMb: number;
}

if (import.meta.main) {
	const order = JSON.parse(process.argv[2] ?? '') as Order;
	const tools = { ...(await findFfmpeg()), log: pino({ level: 'silent' }) };
	const began = performance.now();
	if (order.kind === 'scan') await findBestSequence(order.store, order.start, order.end);
	else {
		const ranges = [{ start: dateFromTicks(order.start), end: dateFromTicks(order.end) }];
		const request = { store: order.store, ranges, allowHoles: false, mode: 'smart' as const };
		if (order.kind === 'cut') await cut(request, order.output, tools);
		else await makeVideo({ ...request, container: 'mpegts' }, order.output, tools);
	}
	const seconds = (performance.now() - began) / 1000;
	const measured: Measured = { seconds, rssMb: process.resourceUsage().maxRSS / 1024 };
	console.log(JSON.stringify(measured));
}
