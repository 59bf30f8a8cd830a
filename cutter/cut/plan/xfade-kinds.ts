/**
 * The kinds of cross-fade that the filter `xfade` has since ffmpeg 5.1 (all but `custom`, which takes an expression):
 * https://ffmpeg.org/ffmpeg-filters.html#xfade. Only these words ever stand in a filter.
 */
export const XFADE_KINDS: ReadonlySet<string> = new Set([
	...['fade', 'fadefast', 'fadeslow', 'fadeblack', 'fadewhite', 'fadegrays', 'dissolve', 'pixelize'],
	...['wipeleft', 'wiperight', 'wipeup', 'wipedown', 'wipetl', 'wipetr', 'wipebl', 'wipebr'],
	...['slideleft', 'slideright', 'slideup', 'slidedown'],
	...['smoothleft', 'smoothright', 'smoothup', 'smoothdown'],
	...['circlecrop', 'rectcrop', 'circleopen', 'circleclose'],
	...['vertopen', 'vertclose', 'horzopen', 'horzclose'],
	...['diagtl', 'diagtr', 'diagbl', 'diagbr', 'hlslice', 'hrslice', 'vuslice', 'vdslice'],
	...['distance', 'radial', 'hblur', 'squeezeh', 'squeezev', 'zoomin'],
]);
