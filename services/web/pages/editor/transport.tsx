import './transport.css';
import type { ComponentChildren } from 'preact';
import { FrameIcon, FullScreenIcon, PlayIcon, SoundIcon } from './icons.tsx';
import { perform } from './key-actions.ts';
import type { PageState } from './page-state.ts';
import { SPEEDS } from './player.ts';
import { type Action, keyLabel, SHORTCUTS } from './shortcuts.ts';
import { formatDayAndTime, formatTime } from './time-entry.ts';
import { TimeField } from './time-field.tsx';
import { ViewTools } from './view-tools.tsx';

interface Props {
	state: PageState;
}

const KEYS = new Map(
	SHORTCUTS.flatMap(({ shortcuts }) => shortcuts).map(({ action, keys, says }) => [
		action,
		`${says} (${keys.map(keyLabel).join(' or ')})`,
	]),
);

/** What a button of an action says when one points at it. */
export function explained(action: Action): string {
	return KEYS.get(action) ?? '';
}

function Do({
	state,
	action,
	children,
	label,
}: Props & { action: Action; children: ComponentChildren; label?: string }) {
	return (
		<button
			type="button"
			class="button plain small"
			title={explained(action)}
			aria-label={label ?? explained(action)}
			onClick={() => perform(action, state, () => undefined)}
		>
			{children}
		</button>
	);
}

/** Below the picture: where one is, how to move, how it plays. */
export function Transport({ state }: Props) {
	const { player } = state;
	const playing = player.playing.value || player.backwards.value > 0;
	return (
		<div class="transport" role="toolbar" aria-label="Playing">
			<Clock state={state} />
			<div class="row tight moves">
				<Do state={state} action="back-60">
					−1m
				</Do>
				<Do state={state} action="back-10">
					−10
				</Do>
				<Do state={state} action="back-5">
					−5
				</Do>
				<Do state={state} action="back-1">
					−1
				</Do>
				<Do state={state} action="frame-back">
					<FrameIcon back />
				</Do>
				<button
					type="button"
					class="button small play"
					title={explained('play-pause')}
					aria-label={playing ? 'Pause' : 'Play'}
					onClick={() => player.toggle()}
				>
					<PlayIcon playing={playing} />
				</button>
				<Do state={state} action="frame-forward">
					<FrameIcon back={false} />
				</Do>
				<Do state={state} action="forward-1">
					+1
				</Do>
				<Do state={state} action="forward-5">
					+5
				</Do>
				<Do state={state} action="forward-10">
					+10
				</Do>
				<Do state={state} action="forward-60">
					+1m
				</Do>
			</div>
			<div class="row tight marks">
				<button
					type="button"
					class="button small"
					title={explained('mark-in')}
					onClick={() => state.markBound('start')}
				>
					In <kbd>I</kbd>
				</button>
				<button
					type="button"
					class="button small"
					title={explained('mark-out')}
					onClick={() => state.markBound('end')}
				>
					Out <kbd>O</kbd>
				</button>
				<button
					type="button"
					class="button small"
					title={explained('play-result')}
					aria-pressed={player.result.value !== undefined}
					onClick={() => state.playResult()}
				>
					Result <kbd>P</kbd>
				</button>
			</div>
			<PlaySettings state={state} />
			<ViewTools state={state} />
		</div>
	);
}

function Clock({ state }: Props) {
	const time = state.playhead.value;
	const other = state.timeStyle.value === 'utc' ? 'since' : 'utc';
	return (
		<div class="clock times">
			<output
				class="now fixed"
				aria-label="Shown time"
				title={time === undefined ? '' : `${formatDayAndTime(time)} UTC`}
			>
				{time === undefined ? '--:--:--.---' : formatTime(time, state.timeStyle.value, state.origin.value)}
			</output>
			<span class="quiet fixed">{time === undefined ? '' : formatTime(time, other, state.origin.value)}</span>
		</div>
	);
}

function PlaySettings({ state }: Props) {
	const { player } = state;
	const { value: speed } = player.speed;
	const speeds = (SPEEDS as readonly number[]).includes(speed) ? SPEEDS : [...SPEEDS, speed];
	return (
		<div class="row tight settings">
			<TimeField
				apart
				state={state}
				id="go-to-time"
				label="Go to a time (G)"
				placeholder="go to… G"
				time={null}
				onTime={(time) => time !== null && state.seek(time)}
			/>
			<select
				class="input small"
				aria-label="Speed"
				title="Speed (< and >, L again and again)"
				value={String(speed)}
				onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
			>
				{speeds.map((one) => (
					<option key={one} value={String(one)}>
						{one}×
					</option>
				))}
			</select>
			<select
				class="input small"
				aria-label="Quality"
				value={String(player.quality.value)}
				disabled={player.qualities.value.length === 0}
				onChange={(event) => player.setQuality(Number(event.currentTarget.value))}
			>
				<option value="-1">Auto</option>
				{player.qualities.value.map((name, number) => (
					<option key={name} value={String(number)}>
						{name}
					</option>
				))}
			</select>
			<button
				type="button"
				class="button plain small"
				aria-pressed={player.muted.value}
				aria-label="No sound"
				title={explained('mute')}
				onClick={() => player.toggleSound()}
			>
				<SoundIcon on={!player.muted.value && player.volume.value > 0} />
			</button>
			<input
				type="range"
				class="volume"
				min="0"
				max="1"
				step="0.05"
				aria-label="Volume"
				value={player.muted.value ? 0 : player.volume.value}
				onInput={(event) => player.setVolume(Number(event.currentTarget.value))}
			/>
			<Do state={state} action="full-screen" label="Full screen">
				<FullScreenIcon />
			</Do>
			<Do state={state} action="help" label="Shortcuts">
				?
			</Do>
		</div>
	);
}
