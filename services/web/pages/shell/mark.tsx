/** A cut in a strip of film. */
export function Mark() {
	return (
		<svg width="22" height="22" viewBox="0 0 22 22" fill="none" aria-hidden="true">
			<rect x="1" y="4" width="8" height="14" rx="2" fill="currentColor" />
			<rect x="13" y="4" width="8" height="14" rx="2" fill="currentColor" opacity="0.45" />
			<path d="M11 1v20" stroke="currentColor" stroke-width="1.6" stroke-dasharray="3 2" />
		</svg>
	);
}
