import test from 'ava';
import { Problem } from '../../../../services/web/problem.ts';
import { BoundedWork, BusyError } from '../../../../services/web/segments/bounded-work.ts';

const LIMITS = { name: 'pictures', concurrency: 1, waiting: 1, timeoutMs: 60_000 };

/** Work that goes on until it is told to end. */
function endless(began: () => void) {
	return (signal: AbortSignal) =>
		new Promise<never>((_resolve, reject) => {
			signal.addEventListener('abort', () => reject(signal.reason));
			began();
		});
}

test('no more runs and waits than there is room for; the next is told to come again', async (t) => {
	const work = new BoundedWork(LIMITS);
	const [first, second] = [new AbortController(), new AbortController()];
	const began = Promise.withResolvers<void>();
	const running = t.throwsAsync(work.run(first.signal, endless(began.resolve)));
	await began.promise;
	const waiting = t.throwsAsync(
		work.run(second.signal, async () => t.fail('began after its client was gone')),
	);
	t.deepEqual(work.load, { running: 1, waiting: 1 });
	const refused = await t.throwsAsync(
		work.run(new AbortController().signal, async () => t.fail('began without room')),
		{
			instanceOf: BusyError,
			message: /^This node makes as many pictures as it can just now\. Try again in \d+ seconds\.$/,
		},
	);
	t.is(refused?.status, 503);
	second.abort(new Error('gone'));
	t.is((await waiting)?.message, 'gone');
	first.abort(new Error('gone too'));
	t.is((await running)?.message, 'gone too');
	t.is(await work.run(new AbortController().signal, async () => 'room again'), 'room again');
});

test('work that takes too long is ended, with a sentence', async (t) => {
	const work = new BoundedWork({ ...LIMITS, timeoutMs: 1 });
	const late = work.run(
		new AbortController().signal,
		endless(() => {}),
	);
	const error = await t.throwsAsync(late, {
		instanceOf: Problem,
		message: /^It was not ready after 0\.001 seconds/,
	});
	t.is(error?.status, 503);
	t.deepEqual(work.load, { running: 0, waiting: 0 });
});

test('work keeps its place until it has ended, also when nobody waits for it any more', async (t) => {
	const work = new BoundedWork({ ...LIMITS, waiting: 0 });
	const gone = new AbortController();
	const ended = Promise.withResolvers<void>();
	const running = work.run(gone.signal, () => ended.promise);
	gone.abort(new Error('gone'));
	await t.throwsAsync(
		work.run(gone.signal, async () => {}),
		{ message: 'gone' },
	);
	t.is(work.load.running, 1);
	ended.resolve();
	await running;
	t.is(work.load.running, 0);
});

test('nothing begins for a client that is gone already', async (t) => {
	const work = new BoundedWork(LIMITS);
	const signal = AbortSignal.abort(new Error('gone'));
	await t.throwsAsync(
		work.run(signal, async () => t.fail('began')),
		{ message: 'gone' },
	);
});
