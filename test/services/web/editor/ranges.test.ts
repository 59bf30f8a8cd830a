import test from 'ava';
import fc from 'fast-check';
import { transitionsProblem } from '../../../../cutter/cut/plan/transition-plan.ts';
import { documentFromEdit, type Edit, editFromDocument } from '../../../../services/web/pages/editor/edit.ts';
import {
	beginHistory,
	endGesture,
	isChanged,
	redo,
	step,
	undo,
} from '../../../../services/web/pages/editor/edit-history.ts';
import {
	activate,
	activeRange,
	addRange,
	deleteRange,
	longestJoin,
	moveRange,
	rangeNotes,
	setBound,
	setJoin,
	shiftRange,
	splitRange,
	type Working,
} from '../../../../services/web/pages/editor/edit-ranges.ts';
import { differingFields, mergeEdits } from '../../../../services/web/pages/editor/merge-edit.ts';

/** An edit with these ranges, in seconds, the first of them active. */
function working(...ranges: [number | null, number | null, number?][]): Working {
	const edit = editFromDocument({
		ranges: ranges.map(([start, end, seconds]) => ({
			start: iso(start),
			end: iso(end),
			join: seconds === undefined ? null : { kind: 'fade', seconds },
		})),
		video_title: 'A title',
		video_description: '',
		video_chapters: [],
		tags: [],
		upload_location: '',
		uploader_whitelist: null,
		allow_holes: false,
		video_unlisted: false,
		thumbnail: null,
	});
	return { edit, active: edit.ranges[0]!.key };
}

function iso(seconds: number | null): string | null {
	return seconds === null ? null : new Date(seconds * 1000).toISOString();
}

function seconds({ edit }: { edit: Edit }): (number | null)[][] {
	return edit.ranges.map(({ start, end }) =>
		[start, end].map((time) => (time === null ? null : time / 1000)),
	);
}

test('an event that nobody has marked is edited as one empty range', (t) => {
	t.deepEqual(seconds(working()), [[null, null]]);
});

test('a mark goes to the active range, rounded to the millisecond', (t) => {
	const before = working([10, 20], [30, 40]);
	const after = setBound(activate(before, 1), activate(before, 1).active, 'start', 31_000.4);
	t.deepEqual(seconds(after), [
		[10, 20],
		[31, 40],
	]);
});

test('a new range comes behind the active one and is the active one', (t) => {
	const after = addRange(working([10, 20], [30, 40]), 25_000);
	t.deepEqual(seconds(after), [
		[10, 20],
		[25, null],
		[30, 40],
	]);
	t.is(activeRange(after).start, 25_000);
});

test('deleting the active range makes its neighbour active; of the last one only the marks go', (t) => {
	const two = working([10, 20], [30, 40]);
	const one = deleteRange(two, two.active);
	t.is(activeRange(one).start, 30_000);
	const none = deleteRange(one, one.active);
	t.deepEqual(seconds(none), [[null, null]]);
	t.is(none.active, one.active);
});

test('a range that is moved takes its join along, and the active one stays active', (t) => {
	const before = working([10, 20], [30, 40, 1], [50, 60]);
	const after = moveRange(before, before.edit.ranges[1]!.key, 2);
	t.deepEqual(seconds(after), [
		[10, 20],
		[50, 60],
		[30, 40],
	]);
	t.deepEqual(after.edit.ranges[2]!.join, { kind: 'fade', seconds: 1 });
	t.is(after.active, before.active);
	t.is(moveRange(before, before.active, -5), before);
});

test('the first range takes over from nothing, so its join is not sent', (t) => {
	const before = working([10, 20], [30, 40, 1]);
	const after = moveRange(before, before.edit.ranges[1]!.key, 0);
	t.deepEqual(
		documentFromEdit(after.edit).ranges.map(({ join }) => join),
		[null, null],
	);
});

test('splitting a range keeps all of it, and splits only inside', (t) => {
	const before = working([10, 20]);
	t.deepEqual(seconds(splitRange(before, before.active, 14_000)), [
		[10, 14],
		[14, 20],
	]);
	t.is(splitRange(before, before.active, 10_000), before);
	t.is(splitRange(before, before.active, 20_000), before);
});

test('a whole range is moved with both its marks', (t) => {
	const before = working([10, null]);
	t.deepEqual(seconds(shiftRange(before, before.active, 1_500)), [[11.5, null]]);
});

test('every wrong mark is told beside the range that it is of', (t) => {
	const { edit } = working([10, 20], [null, 5], [30, null], [7, 7], [9, 8]);
	t.deepEqual(
		rangeNotes(edit.ranges).map(({ field, sentence }) => `${field}: ${sentence}`),
		[
			'start: Range 2 has no beginning yet: go there and press I.',
			'end: Range 3 has no end yet: go there and press O.',
			'end: Range 4 is empty: it ends where it begins.',
			'end: Range 5 ends before it begins.',
		],
	);
});

test('ranges that show the same again are a warning, ranges that touch are not', (t) => {
	const notes = rangeNotes(working([10, 20], [18, 25], [25, 30]).edit.ranges);
	t.deepEqual(
		notes.map(({ level, sentence }) => [level, sentence]),
		[['warning', 'Range 2 shows 2 s again that range 1 has shown.']],
	);
});

test('a transition that is too long says how long it may be', (t) => {
	const { edit } = working([0, 10], [20, 23, 2], [30, 40, 2]);
	t.deepEqual(
		rangeNotes(edit.ranges).map(({ sentence }) => sentence),
		[
			'Ranges 1 and 2 have room for a transition of 1 s at most.',
			'Ranges 2 and 3 have room for a transition of 1 s at most.',
		],
	);
});

test('what the page takes for a fitting transition is what the cutter takes', (t) => {
	const length = fc.integer({ min: 1, max: 20_000 });
	const join = fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined });
	fc.assert(
		fc.property(fc.array(fc.tuple(length, join), { minLength: 2, maxLength: 5 }), (parts) => {
			const { edit } = working(
				...parts.map(([ms, blend]): [number, number, number?] => [
					100,
					100 + ms / 1000,
					...(blend === undefined ? ([] as []) : ([blend / 1000] as [number])),
				]),
			);
			const lengths = parts.map(([ms]) => ms * 90);
			const { ranges } = documentFromEdit(edit);
			const problem = transitionsProblem(
				lengths,
				ranges.slice(1).map((range) => range.join),
			);
			const errors = rangeNotes(edit.ranges).filter(({ level }) => level === 'error');
			t.is(errors.length > 0, problem !== undefined);
		}),
	);
});

test('the longest join of two ranges leaves room for those at their other ends', (t) => {
	const { ranges } = working([0, 10], [20, 30, 9], [40, 50, 1]).edit;
	t.is(longestJoin(ranges, 1), 9);
	t.is(longestJoin(ranges, 2), 1);
	t.is(longestJoin(ranges, 0), 0);
});

test('undo goes back step by step, redo goes on, and a new step forgets what was undone', (t) => {
	const start = working([10, 20]);
	let history = beginHistory(start.edit);
	history = step(history, addRange(history.present, 30_000, 40_000));
	history = step(history, setBound(history.present, history.present.active, 'end', 45_000));
	t.true(isChanged(history));
	history = undo(history);
	t.deepEqual(seconds(history.present), [
		[10, 20],
		[30, 40],
	]);
	history = redo(history);
	t.deepEqual(seconds(history.present)[1], [30, 45]);
	history = undo(undo(undo(history)));
	t.false(isChanged(history));
	history = step(history, setBound(history.present, history.present.active, 'start', 11_000));
	t.is(redo(history), history);
});

test('steps of one gesture are undone together, those after it are not', (t) => {
	let history = beginHistory(working([10, 20]).edit);
	const drag = (time: number) => {
		history = step(history, setBound(history.present, history.present.active, 'end', time), 'drag end');
	};
	[21_000, 22_000, 23_000].forEach(drag);
	history = endGesture(history);
	drag(30_000);
	t.deepEqual(seconds(undo(history).present), [[10, 23]]);
	t.deepEqual(seconds(undo(undo(history)).present), [[10, 20]]);
});

test('choosing another range is no step: nothing of it is undone', (t) => {
	const history = beginHistory(working([10, 20], [30, 40]).edit);
	const chosen = step(history, activate(history.present, 1));
	t.is(undo(chosen), chosen);
	t.false(isChanged(chosen));
});

test('a draft is work that the row does not say yet', (t) => {
	const base = working([10, 20]).edit;
	t.true(isChanged(beginHistory(base, { ...base, title: 'Another' })));
	t.false(isChanged(beginHistory(base, { ...base })));
});

test('whatever is done and undone again leaves what was there', (t) => {
	const deed = fc.oneof(
		fc.integer({ min: 0, max: 60_000 }).map((at) => (w: Working) => addRange(w, at, at + 1_000)),
		fc.integer({ min: 0, max: 60_000 }).map((at) => (w: Working) => setBound(w, w.active, 'start', at)),
		fc.integer({ min: 0, max: 4 }).map((to) => (w: Working) => moveRange(w, w.active, to)),
		fc.constant((w: Working) => deleteRange(w, w.active)),
		fc.integer({ min: 0, max: 4 }).map((number) => (w: Working) => activate(w, number)),
		fc.constant((w: Working) => setJoin(w, w.active, { kind: 'fade', seconds: 1 })),
		fc.integer({ min: 0, max: 60_000 }).map((at) => (w: Working) => splitRange(w, w.active, at)),
	);
	fc.assert(
		fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
			const start = beginHistory(working([10, 20], [30, 40]).edit);
			const done = deeds.reduce((history, one) => step(history, one(history.present)), start);
			const back = done.past.reduce((history) => undo(history), done);
			t.deepEqual(back.present.edit, start.present.edit);
			const again = back.future.reduce((history) => redo(history), back);
			t.deepEqual(again.present.edit, done.present.edit);
			t.true(done.present.edit.ranges.some(({ key }) => key === activeRange(done.present).key));
		}),
	);
});

test('what two people did to different parts of an edit is put together; what both did is told', (t) => {
	const base = documentFromEdit(working([10, 20]).edit);
	const mine = { ...base, video_title: 'Mine', tags: ['mine'] };
	const theirs = { ...base, video_title: 'Theirs', tags: ['mine'], allow_holes: true };
	const { merged, conflicts } = mergeEdits(base, mine, theirs);
	t.deepEqual(conflicts, ['video_title']);
	t.deepEqual(differingFields(merged, mine), ['allow_holes']);
	t.is(merged.video_title, 'Mine');
	t.deepEqual(mergeEdits(base, base, theirs).merged, theirs);
});
