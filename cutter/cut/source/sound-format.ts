import { headerReader } from '../codec/audio-frames.ts';
import type { AudioCodec } from '../mpegts/tables.ts';

/** How to encode sound so that its frames can stand among those of a source. */
export interface SoundFormat {
	codec: AudioCodec;
	/** Samples per second and channel, and per frame, as the source's frames say them. */
	rate: number;
	samples: number;
	/** ffmpeg's name for the channels. */
	layout: string;
	/** ffmpeg's arguments for the encoder. */
	arguments: string[];
	/**
	 * The first frame of the encoder plays so many samples before the first that it was given (`initial_padding` of
	 * ffmpeg's encoders).
	 */
	delay: number;
}

/** By the number of channels. */
const LAYOUTS = ['', 'mono', 'stereo', '3.0', '4.0', '5.0', '5.1', '', '7.1'];

/**
 * The format of one frame of a source; undefined when sound like it cannot be made: LATM, PCM, layouts that no header
 * names. HE-AAC is continued as plain AAC of its core's rate and frames, which decoders of it play.
 */
export function soundFormat(
	codec: AudioCodec,
	frame: Uint8Array,
	descriptors: Uint8Array = new Uint8Array(0),
): SoundFormat | undefined {
	const header = headerReader(codec)?.(frame, 0);
	if (header === undefined || header === 'more') return undefined;
	const { rate, samples } = header;
	const encoding = encodingOf(codec, frame, samples, descriptors);
	const layout = LAYOUTS[encoding?.channels ?? 0];
	if (encoding === undefined || layout === undefined || layout === '') return undefined;
	return { codec, rate, samples, layout, arguments: encoding.arguments, delay: encoding.delay };
}

/** What a decoder gives for sound that begins with this frame, as a key to compare; undefined when its header does not tell. */
export function soundKind(codec: AudioCodec, frame: Uint8Array, descriptors: Uint8Array): string | undefined {
	const format = soundFormat(codec, frame, descriptors);
	return format && `${codec} ${format.rate} ${format.layout}`;
}

/** Whether kinds are alike. What is not known counts as alike. */
export function isOfKind(a: string | undefined, b: string | undefined): boolean {
	return a === undefined || b === undefined || a === b;
}

interface Encoding {
	channels: number;
	arguments: string[];
	delay: number;
}

function encodingOf(
	codec: AudioCodec,
	frame: Uint8Array,
	samples: number,
	descriptors: Uint8Array,
): Encoding | undefined {
	if (codec === 'aac' && samples === 1024) return aac(frame);
	if (codec === 'mpeg-audio') return mpegAudio(frame, samples);
	if (codec === 'ac3' && samples === 1536)
		return { channels: ac3Channels(frame[6]!), arguments: ['-c:a', 'ac3'], delay: 256 };
	if (codec === 'eac3' && samples === 1536)
		return { channels: eac3Channels(frame[4]!), arguments: ['-c:a', 'eac3'], delay: 256 };
	return codec === 'opus' ? opus(samples, descriptors) : undefined;
}

/** ADTS, ISO/IEC 13818-7, 6.2: channel_configuration 7 means 7.1, and 0 that the frame describes them itself. */
function aac(frame: Uint8Array): Encoding {
	const configuration = ((frame[2]! & 1) << 2) | (frame[3]! >> 6);
	const channels = configuration === 7 ? 8 : configuration;
	return { channels, arguments: ['-c:a', 'aac', '-b:a', `${96 * Math.max(1, channels)}k`], delay: 1024 };
}

/** Layers II and III; without a bit reservoir, since the frames before and after are not the encoder's own. */
function mpegAudio(frame: Uint8Array, samples: number): Encoding | undefined {
	const layer = 4 - ((frame[1]! >> 1) & 3);
	const channels = frame[3]! >> 6 === 3 ? 1 : 2;
	if (layer === 2) return { channels, arguments: ['-c:a', 'mp2'], delay: 481 };
	if (layer !== 3) return undefined;
	const bitrate = samples === 1152 ? '192k' : '128k';
	return { channels, arguments: ['-c:a', 'libmp3lame', '-b:a', bitrate, '-reservoir', '0'], delay: 1105 };
}

/** ATSC A/52, table 5.8: full-range channels by acmod. */
const ACMOD_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];

/** ATSC A/52, 5.3.2: acmod, two bits each for some of the modes, then lfeon. */
function ac3Channels(byte: number): number {
	const acmod = byte >> 5;
	const mixLevels = (acmod & 1 && acmod !== 1 ? 2 : 0) + (acmod & 4 ? 2 : 0) + (acmod === 2 ? 2 : 0);
	const hasLfe = (byte >> (4 - mixLevels)) & 1;
	return ACMOD_CHANNELS[acmod]! + hasLfe;
}

/** ATSC A/52, annex E 2.2: fscod and numblkscod, then acmod and lfeon. */
function eac3Channels(byte: number): number {
	return ACMOD_CHANNELS[(byte >> 1) & 7]! + (byte & 1);
}

/** One Opus stream, mono or stereo: more channels are several streams, which the descriptor tells. */
function opus(samples: number, descriptors: Uint8Array): Encoding | undefined {
	const extension = Buffer.from(descriptors).indexOf(Buffer.from([0x7f, 0x02, 0x80]));
	const configuration = extension === -1 ? 2 : (descriptors[extension + 3] ?? 2);
	const milliseconds = samples / 48;
	if (configuration > 2 || ![2.5, 5, 10, 20, 40, 60].includes(milliseconds)) return undefined;
	const bitrate = `${96 * Math.max(1, configuration)}k`;
	return {
		channels: Math.max(1, configuration),
		arguments: ['-c:a', 'libopus', '-b:a', bitrate, '-frame_duration', String(milliseconds)],
		delay: 312,
	};
}
