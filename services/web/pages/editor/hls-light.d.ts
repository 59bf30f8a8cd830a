// The player without what our streams never have (encryption, subtitles, other tracks of sound). It ships no types.
declare module 'hls.js/light' {
	export { default } from 'hls.js';
}
