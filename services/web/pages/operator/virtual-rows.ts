import {
	elementScroll,
	observeElementOffset,
	observeElementRect,
	type VirtualItem,
	Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

interface VirtualRows {
	/** The rows that are in sight, and some around them. */
	items: VirtualItem[];
	/** How high all of them are together, in pixels. */
	height: number;
	scrollTo(index: number): void;
}

/** Of `count` rows of one height those that are in sight of what scrolls. */
export function useVirtualRows(
	scroller: RefObject<HTMLElement | null>,
	count: number,
	height: number,
): VirtualRows {
	const [, render] = useReducer((times: number, _: undefined) => times + 1, 0);
	const options = {
		count,
		getScrollElement: () => scroller.current,
		estimateSize: () => height,
		overscan: 4,
		scrollToFn: elementScroll,
		observeElementRect,
		observeElementOffset,
		onChange: () => render(undefined),
	};
	const [rows] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
	rows.setOptions(options);
	useLayoutEffect(() => rows._didMount(), [rows]);
	useLayoutEffect(() => rows._willUpdate());
	useLayoutEffect(() => rows.measure(), [rows, height]);
	return {
		items: rows.getVirtualItems(),
		height: rows.getTotalSize(),
		scrollTo: (index) => rows.scrollToIndex(index, { align: 'auto' }),
	};
}
