import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

function killAll(): void {
	for (const child of children) child.kill('SIGKILL');
}

/**
 * Kills a process that would outlive ours when ours ends, however many there are with one listener. Dispose of what is
 * returned when the process has ended.
 */
export function killAtExit(child: ChildProcess): Disposable {
	if (children.size === 0) process.on('exit', killAll);
	children.add(child);
	return {
		[Symbol.dispose]: () => {
			children.delete(child);
			if (children.size === 0) process.off('exit', killAll);
		},
	};
}
