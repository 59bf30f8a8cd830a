// What the codes of the operating system's errors say of a disk or of this machine: open(2), write(2), errno(3).

/** Whether a disk is full, or can only be read: by the codes of open(2) and write(2). */
export function isDiskFull(error: unknown): boolean {
	return hasCode(error, /^(ENOSPC|EDQUOT|EROFS)$/);
}

/** Whether this machine, or this process, has no more of something that all its work needs: errno(3). */
export function isOutOfResources(error: unknown): boolean {
	return hasCode(error, /^(EMFILE|ENFILE|ENOMEM|ENOBUFS)$/);
}

/** Whether a disk takes nothing for now, whatever the file: it is full, not ours to write to, broken, gone, or cannot be asked. */
export function isDiskDown(error: unknown): boolean {
	return (
		isDiskFull(error) ||
		isOutOfResources(error) ||
		hasCode(error, /^(EIO|ESTALE|ENODEV|ENXIO|ENOTCONN|EACCES|EPERM)$/)
	);
}

function hasCode(error: unknown, codes: RegExp): boolean {
	return error instanceof Error && 'code' in error && codes.test(String(error.code));
}
