import test from 'ava';
import pg from 'pg';
import { faultOf, reasonAt } from '../../../cutter/claim/fault-of.ts';
import { SegmentError } from '../../../cutter/cut/source/segment-file.ts';
import { LocationDown, QuotaError, UploadError } from '../../../cutter/upload/location.ts';
import { Interrupted } from '../../../cutter/upload/try-again.ts';

function systemError(code: string): Error {
	return Object.assign(new Error(code), { code });
}

for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ESTALE', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES']) {
	test(`${code} where a video is written is the node’s fault, and uses up no attempt`, (t) => {
		t.is(faultOf(systemError(code)), 'node');
	});
}

test('one segment that cannot be read may stay so: that uses up an attempt, and does not fail the row at once', (t) => {
	for (const code of ['EIO', 'ESTALE', 'ENOENT', 'EACCES']) {
		const error = new SegmentError('a.ts', 'cannot be read', { cause: systemError(code) });
		t.is(faultOf(error), 'passing', code);
	}
});

test('a segment for which the node has no file descriptor or memory left is not the row’s fault', (t) => {
	for (const code of ['EMFILE', 'ENFILE', 'ENOMEM']) {
		const error = new SegmentError('a.ts', 'cannot be read', { cause: systemError(code) });
		t.is(faultOf(error), 'node', code);
	}
});

test('what the database cannot do at the moment uses up no attempt, what its rules refuse does', (t) => {
	const answered = (code: string) => Object.assign(new pg.DatabaseError(code, 0, 'error'), { code });
	// A serialization failure, a statement timeout, no connection left, a server that was put back.
	for (const code of ['40001', '57014', '53300', '55000']) t.is(faultOf(answered(code)), 'database', code);
	t.is(faultOf(new Error('Connection terminated unexpectedly')), 'database');
	t.is(faultOf(answered('23514')), 'passing');
});

test('a segment that holds no stream fails the row', (t) => {
	t.is(faultOf(new SegmentError('a.ts', 'holds no stream')), 'row');
});

test('what a location says of the moment is not the row’s fault, what it says of the video may be', (t) => {
	t.is(faultOf(new LocationDown('It is away.')), 'node');
	t.is(faultOf(new UploadError('It does not take this file.')), 'passing');
	t.is(faultOf(new QuotaError('Later.', 60)), 'passing');
});

test('an exchange that broke off is the location’s fault where that cannot be reached at all', async (t) => {
	const broken = new Interrupted('It did not answer.');
	const down = new LocationDown('It is away.');
	t.is(await reasonAt({ reach: () => Promise.reject(down) }, broken), down);
	t.is(await reasonAt({ reach: () => Promise.resolve() }, broken), broken);
	t.is(await reasonAt({}, broken), broken);
});

test('no location is asked about an error that is not one of its exchanges', async (t) => {
	const refused = new UploadError('It does not take this file.');
	t.is(await reasonAt({ reach: () => Promise.reject(new Error('Asked.')) }, refused), refused);
});
