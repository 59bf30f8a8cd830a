/** What each browser says of itself that others do not, the more particular before the more common. */
const BROWSERS: readonly [RegExp, string][] = [
	[/\bEdg(?:e|A|iOS)?\//, 'Edge'],
	[/\b(?:OPR|Opera)\//, 'Opera'],
	[/\b(?:Firefox|FxiOS)\//, 'Firefox'],
	[/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
	[/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
	[/\bAndroid\b/, 'Android'],
	[/\b(?:iPhone|iPad)\b/, 'iOS'],
	[/\bWindows\b/, 'Windows'],
	[/\bMac OS X\b/, 'macOS'],
	[/\bLinux\b/, 'Linux'],
];

/** A browser as people call it: `Firefox on Linux`. Pure. */
export function browserName(agent: string): string {
	const named = (names: readonly [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1];
	const [browser, system] = [named(BROWSERS), named(SYSTEMS)];
	if (browser === undefined) return agent.split(/[ /]/)[0] || 'unknown';
	return system === undefined ? browser : `${browser} on ${system}`;
}
