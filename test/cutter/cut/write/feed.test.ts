import { readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { readH264Sps } from '../../../../cutter/cut/codec/h264.ts';
import { type IndexedPicture, indexSegment } from '../../../../cutter/cut/mpegts/segment-index.ts';
import { writeFeed } from '../../../../cutter/cut/write/feed.ts';
import { findBestSequence } from '../../../../cutter/segments/store.ts';
import { makeSource, testPicture, videoHashes } from '../../../support/streams.ts';

/** Feeds two seconds with two B-frames between others, of which the pictures of the second one are to be seen. */
async function feedSecondHalf(damage?: (file: string) => Promise<void>) {
	const encoding = ['-c:v', 'libx264', '-g', '50', '-bf', '2'];
	const source = await makeSource({
		args: [...testPicture({ seconds: 2 }), ...encoding],
		...(damage === undefined ? {} : { damage }),
	});
	try {
		const start = source.pictures[0]!.wall;
		const { segments } = await findBestSequence(source.store, start, start + 180_000);
		const bytes = await readFile(segments[0]!.path);
		const { pictures, smallestPts } = indexSegment(bytes);
		const shown = { from: smallestPts + 90_000, to: smallestPts + 150_000 };
		const pipe = new PassThrough();
		const fed = buffer(pipe);
		const decodeTo = { segment: 0, picture: pictures.length };
		await writeFeed({ segments, decodeFrom: { segment: 0, picture: 0 }, decodeTo, base: 0, shown }, pipe);
		const isSeen = ({ pts }: IndexedPicture) => pts >= shown.from && pts <= shown.to;
		return { pictures, hashes: videoHashes(bytes), isSeen, fed: videoHashes(await fed) };
	} finally {
		await source.remove();
	}
}

/** Flips the bit of the file's sequence parameter set that announces how long pictures wait. */
async function silence(file: string): Promise<void> {
	const bytes = await readFile(file);
	const set = indexSegment(bytes).sequenceSets[0]!;
	const told = readH264Sps(set)!;
	for (let bit = set.length * 8 - 1; bit > 0; bit--) {
		const changed = Buffer.from(set);
		changed[bit >> 3]! ^= 0x80 >> (bit & 7);
		const read = readH264Sps(changed);
		if (read?.reordering !== undefined || read?.frameRate?.num !== told.frameRate!.num) continue;
		changed.copy(bytes, bytes.indexOf(set));
		return await writeFile(file, bytes);
	}
}

test('a decoder gets all pictures but those that nobody sees and nothing refers to', async (t) => {
	const { pictures, hashes, isSeen, fed } = await feedSecondHalf();
	const needed = hashes.filter((_, n) => isSeen(pictures[n]!) || !pictures[n]!.disposable);
	t.deepEqual(fed, needed);
	t.true(needed.length < hashes.length - 8);
});

test('a decoder gets all pictures of a stream that does not say how long they wait', async (t) => {
	const { pictures, hashes, isSeen, fed } = await feedSecondHalf(silence);
	t.deepEqual(fed, hashes);
	t.true(pictures.some((picture) => picture.disposable && !isSeen(picture)));
});
