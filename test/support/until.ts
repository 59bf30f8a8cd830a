/** Waits until a condition holds, asking again and again; rejects after `seconds`, naming the condition. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
	const deadline = Date.now() + seconds * 1000;
	while (!(await condition())) {
		if (Date.now() > deadline) throw new Error(`Not within ${seconds} s: ${condition}`);
		await new Promise((wake) => setTimeout(wake, 20));
	}
}
