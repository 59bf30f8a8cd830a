/** How long whoever asks how a service is waits for anything (ms): Prometheus gives up after 10 s. */
export const IN_TIME_MS = 5_000;

/** What is asked, unless the answer takes too long: then it rejects with a sentence, and the late answer is dropped. */
export async function inTime<T>(ask: () => T | Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`No answer within ${IN_TIME_MS / 1000} s.`)), IN_TIME_MS);
	});
	try {
		return await Promise.race([(async () => ask())(), late]);
	} finally {
		clearTimeout(timer);
	}
}
