import test from 'ava';
import type { SequenceSegment } from '../../../../cutter/segments/best-sequence.ts';
import {
	type PlaylistEntry,
	segmentUri,
	targetDurationOf,
	writeMasterPlaylist,
	writeMediaPlaylist,
} from '../../../../services/web/segments/playlist.ts';

const START = Date.parse('2026-03-01T10:00:00.000Z') * 90;

function entry(start: number, duration: number, discontinuity = false): PlaylistEntry {
	const path = `/store/stage/source/2026-03-01T10/00:${String(start / 90_000).padStart(2, '0')}.0-2.0-full-h.ts`;
	const from = START + start;
	const segment: SequenceSegment = {
		...{ path, start: from, duration, type: 'full' as const },
		...{ from, to: from + duration },
	};
	return { segment, discontinuity };
}

const base = { type: 'VOD', mediaSequence: 0, discontinuitySequence: 0, targetDuration: 2 } as const;

test('a media playlist gives every segment its wall time and its length, and says where it breaks', (t) => {
	const entries = [entry(0, 180_000), entry(180_000, 135_000), entry(540_000, 180_001, true)];
	t.is(
		writeMediaPlaylist({ ...base, entries, ended: true }),
		[
			'#EXTM3U',
			'#EXT-X-VERSION:3',
			'#EXT-X-TARGETDURATION:2',
			'#EXT-X-MEDIA-SEQUENCE:0',
			'#EXT-X-PLAYLIST-TYPE:VOD',
			'#EXT-X-PROGRAM-DATE-TIME:2026-03-01T10:00:00.000Z',
			'#EXTINF:2.000000,',
			'2026-03-01T10/00%3A00.0-2.0-full-h.ts',
			'#EXT-X-PROGRAM-DATE-TIME:2026-03-01T10:00:02.000Z',
			'#EXTINF:1.500000,',
			'2026-03-01T10/00%3A02.0-2.0-full-h.ts',
			'#EXT-X-DISCONTINUITY',
			'#EXT-X-PROGRAM-DATE-TIME:2026-03-01T10:00:06.000Z',
			'#EXTINF:2.000011,',
			'2026-03-01T10/00%3A06.0-2.0-full-h.ts',
			'#EXT-X-ENDLIST',
			'',
		].join('\n'),
	);
});

test('a live playlist has no type, and says what it has dropped', (t) => {
	const text = writeMediaPlaylist({
		...{ ...base, entries: [entry(0, 180_000)], type: 'live', ended: false },
		...{ mediaSequence: 17, discontinuitySequence: 3 },
	});
	t.regex(text, /#EXT-X-MEDIA-SEQUENCE:17\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n/);
	t.notRegex(text, /PLAYLIST-TYPE|ENDLIST/);
});

test('no segment, rounded, is longer than the target duration', (t) => {
	t.is(targetDurationOf([entry(0, 180_000), entry(180_000, 2.4 * 90_000)]), 2);
	t.is(targetDurationOf([entry(0, 180_000), entry(180_000, 2.5 * 90_000)]), 3);
	t.is(targetDurationOf([entry(0, 9_000)]), 1);
	t.is(targetDurationOf([]), 1);
});

test('the address of a segment is its hour folder and its name, without colons', (t) => {
	t.is(
		segmentUri('/a/b/c/2026-03-01T10/59:58.000000-2.0-full-x_-y.ts'),
		'2026-03-01T10/59%3A58.000000-2.0-full-x_-y.ts',
	);
});

test('a master playlist lists the best quality first, with what is known of it', (t) => {
	const variant = { peakBandwidth: 1000.2, averageBandwidth: 900, name: 'so"ur\nce' };
	const text = writeMasterPlaylist([
		{ ...variant, uri: 'low/media.m3u8' },
		{
			...{ ...variant, uri: 'source/media.m3u8', peakBandwidth: 2_000_000, frameRate: 60_000 / 1001 },
			...{ resolution: { width: 1920, height: 1080 }, codecs: 'avc1.640028,mp4a.40.2' },
		},
	]);
	t.deepEqual(text.split('\n'), [
		'#EXTM3U',
		'#EXT-X-VERSION:3',
		'#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=900,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=59.940,NAME="source"',
		'source/media.m3u8',
		'#EXT-X-STREAM-INF:BANDWIDTH=1001,AVERAGE-BANDWIDTH=900,NAME="source"',
		'low/media.m3u8',
		'',
	]);
});
