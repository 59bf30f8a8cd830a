/** Moving rows by dragging their numbers. SlickGrid's own mover does not know of frozen rows, nor of scrolling. */

/** So far in pixels the pointer may tremble in a click. */
const TREMBLE = 5;

/**
 * @param {HTMLElement} container
 * @param {object} callbacks
 * @param {(event: MouseEvent) => number | undefined} callbacks.rowAt index of the row under the pointer
 * @param {(before: number | undefined) => void} callbacks.onOver shows where the rows would go; undefined for nowhere
 * @param {(from: number, before: number) => void} callbacks.onDrop
 */
export function dragRows(container, { rowAt, onOver, onDrop }) {
	const begin = (start) => {
		if (start.button !== 0 || !(start.target instanceof Element) || !start.target.closest('.row-number'))
			return;
		const from = rowAt(start);
		if (from === undefined) return;
		start.preventDefault();
		start.stopPropagation();
		let before;
		const over = (event) => {
			const row = rowAt(event);
			if (row === undefined || Math.abs(event.clientY - start.clientY) < TREMBLE) return undefined;
			const { top, height } = event.target.closest('.slick-row').getBoundingClientRect();
			return event.clientY > top + height / 2 ? row + 1 : row;
		};
		const move = (event) => {
			before = over(event);
			onOver(before);
		};
		const end = () => {
			document.removeEventListener('mousemove', move);
			document.removeEventListener('mouseup', end);
			onOver(undefined);
			if (before !== undefined) onDrop(from, before);
		};
		document.addEventListener('mousemove', move);
		document.addEventListener('mouseup', end);
	};
	// Before SlickGrid hears of it, which would begin to select.
	container.addEventListener('mousedown', begin, { capture: true });
}
