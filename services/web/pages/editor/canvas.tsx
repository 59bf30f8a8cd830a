import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface CanvasProps {
	height: number;
	class: string;
	label: string;
	/** Draws in pixels of the page; whatever signals it reads make it draw again. */
	draw: (
		to: CanvasRenderingContext2D,
		width: number,
		height: number,
		colour: (name: string) => string,
	) => void;
	onWidth: (width: number) => void;
}

/** A canvas as wide as its place, sharp on every screen, drawn once a frame at most. */
export function Canvas({ height, class: name, label, draw, onWidth }: CanvasProps) {
	const element = useRef<HTMLCanvasElement>(null);
	const width = useSignal(0);
	const theme = useSignal(0);
	useEffect(() => {
		const canvas = element.current!;
		const sizes = new ResizeObserver(() => {
			width.value = canvas.clientWidth;
			onWidth(canvas.clientWidth);
		});
		sizes.observe(canvas);
		const dark = matchMedia('(prefers-color-scheme: dark)');
		const again = () => {
			theme.value += 1;
		};
		dark.addEventListener('change', again);
		const chosen = new MutationObserver(again);
		chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
		return () => {
			sizes.disconnect();
			chosen.disconnect();
			dark.removeEventListener('change', again);
		};
	}, []);
	const frame = useRef(0);
	useSignalEffect(() => {
		const canvas = element.current;
		theme.value;
		if (canvas === null || width.value === 0) return;
		const scale = devicePixelRatio;
		const [wide, high] = [Math.round(width.value * scale), Math.round(height * scale)];
		if (canvas.width !== wide) canvas.width = wide;
		if (canvas.height !== high) canvas.height = high;
		const style = getComputedStyle(canvas);
		const seen = new Map<string, string>();
		const colour = (property: string) => {
			const known = seen.get(property) ?? resolved(style, property);
			seen.set(property, known);
			return known;
		};
		const to = canvas.getContext('2d')!;
		cancelAnimationFrame(frame.current);
		to.setTransform(scale, 0, 0, scale, 0, 0);
		draw(to, width.value, height, colour);
	});
	return (
		<canvas ref={element} class={name} role="img" aria-label={label} style={{ height: `${height}px` }} />
	);
}

/** A canvas knows no light-dark(): the colour is what an element of that colour would have. */
function resolved(style: CSSStyleDeclaration, property: string): string {
	const value = style.getPropertyValue(`--${property}`).trim();
	const match = /^light-dark\((.+),\s*([^,]+(?:\([^)]*\))?)\)$/.exec(value);
	if (match === null) return value;
	const dark =
		style.colorScheme === 'dark' ||
		(style.colorScheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
	return (dark ? match[2] : match[1])!.trim();
}
