import './nodes.css';
import { signal } from '@preact/signals';
import type { paths } from '../../dist/api.d.ts';
import { answerOf, api } from '../api/client.ts';
import { ago, bytes, counted, duration } from '../operator/shown-values.ts';
import { Shell, showPage } from '../shell/shell.tsx';
import { type Stretch, stretchesOf, total } from './coverage.ts';
import { CoverageBar } from './coverage-bar.tsx';
import { type LocationFacts, LocationList } from './location-list.tsx';

type NodeFacts = paths['/api/nodes']['get']['responses'][200]['content']['application/json']['nodes'][number];

const nodes = signal<NodeFacts[] | undefined>(undefined);
const locations = signal<LocationFacts[]>([]);
const problem = signal<string | undefined>(undefined);
/** Of the answer, so that "12 s ago" and the bars fit it. */
const now = signal(Date.now());

const LOOK_EVERY_MS = 10_000;

async function look(): Promise<void> {
	try {
		const [first, second] = await Promise.all([
			answerOf(api.GET('/api/nodes')),
			answerOf(api.GET('/api/locations')),
		]);
		nodes.value = first.nodes;
		locations.value = second.locations;
		now.value = Date.now();
		problem.value = undefined;
	} catch (error) {
		problem.value = error instanceof Error ? error.message : String(error);
	}
	setTimeout(() => void look(), LOOK_EVERY_MS);
}

function NodesPage() {
	return (
		<Shell title="Nodes">
			<div class="nodes-page stack">
				<h1>Nodes</h1>
				{problem.value !== undefined && (
					<p class="notice bad" role="alert">
						{problem.value} It is tried again.
					</p>
				)}
				{nodes.value?.length === 0 && (
					<p class="notice">
						No node has ever run. Start one with “cutsheet cutter” on a machine that has the recording.
					</p>
				)}
				<NodeList />
				{nodes.value !== undefined && <LocationList locations={locations.value} />}
			</div>
		</Shell>
	);
}

function NodeList() {
	const all = nodes.value ?? [];
	const held = all.flatMap(({ stores }) => stores.flatMap((store) => stretchesOf(store.held)));
	if (all.length === 0) return null;
	const end = held.reduce((latest, one) => Math.max(latest, one.end), 0);
	const first = held.reduce((earliest, one) => Math.min(earliest, one.start), end);
	// Of a store of months the last week tells most.
	const start = Math.max(first, end - 7 * 86_400_000);
	return (
		<section class="node-list" aria-label="Nodes">
			{all.map((node) => (
				<NodeCard key={node.name} node={node} start={start} end={end} />
			))}
			{held.length > 0 && (
				<p class="quiet times legend">
					<span class="key held" aria-hidden="true" /> recorded <span class="key hole" aria-hidden="true" />{' '}
					hole
					{' · '}the bars run from {new Date(start).toISOString().slice(0, 16).replace('T', ' ')} to{' '}
					{new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC
				</p>
			)}
		</section>
	);
}

function NodeCard({ node, start, end }: { node: NodeFacts; start: number; end: number }) {
	const { name, running, version, last_seen_at, awaited_since, working_on, stores } = node;
	return (
		<article class="card node-card" aria-label={`Node ${name}`}>
			<header class="row apart">
				<h2>
					<span class={`light ${running ? 'on' : 'off'}`} aria-hidden="true" />
					{name}
				</h2>
				<span class={running ? 'quiet times' : 'gone times'} title={last_seen_at}>
					{running ? 'running, seen' : 'does not run; last seen'} {ago(last_seen_at, now.value)}
				</span>
			</header>
			<div class="row facts-line quiet">
				<span>Version {version || 'unknown'}</span>
				<span>
					{node.locations.length === 0
						? 'no upload location'
						: `Locations: ${node.locations.map((one) => one || 'the default').join(', ')}`}
				</span>
				<span>
					{working_on.length === 0 ? 'idle' : 'works on '}
					{working_on.map(({ id, title }, place) => (
						<>
							{place > 0 && ', '}
							<a key={id} href={`/?event=${id}`}>
								{title || 'an event without a title'}
							</a>
						</>
					))}
				</span>
			</div>
			{node.doubled && (
				<p class="notice bad" role="alert">
					Two processes run under this name. Stop one of them, or give it a name of its own (cutter.node).
				</p>
			)}
			{node.troubles.map((sentence) => (
				<p key={sentence} class="notice bad" role="alert">
					{sentence}
				</p>
			))}
			{awaited_since !== null && (
				<p class="notice warn">
					The database was replaced or put back, and this node has not said yet what it had published before.
					Nothing is published until it does. If it is gone for good: select stop_awaiting('{name}')
				</p>
			)}
			{stores.length === 0 && <p class="quiet">It has not told yet what its segment store holds.</p>}
			{stores.map((store) => (
				<Store key={`${store.channel}/${store.quality}`} store={store} start={start} end={end} />
			))}
		</article>
	);
}

function Store({ store, start, end }: { store: NodeFacts['stores'][number]; start: number; end: number }) {
	const held: Stretch[] = stretchesOf(store.held);
	const label = `${store.channel}/${store.quality}`;
	const used = store.disk_bytes === 0 ? 0 : 1 - store.free_bytes / store.disk_bytes;
	const newest = held.at(-1);
	return (
		<div class="store">
			<div class="row apart times">
				<span>
					<code>{label}</code> {duration(total(held) / 1000)} in {counted(held.length, 'piece')}
					{newest !== undefined &&
						`, newest ${new Date(newest.end).toISOString().slice(0, 19).replace('T', ' ')}`}
				</span>
				<span class={used > 0.95 ? 'gone' : 'quiet'}>
					{bytes(store.free_bytes)} of {bytes(store.disk_bytes)} free
				</span>
			</div>
			{end > start && <CoverageBar label={label} held={held} start={start} end={end} />}
			<meter
				class="disk"
				min={0}
				max={1}
				high={0.9}
				optimum={0}
				value={used}
				aria-label={`Disk: ${Math.round(used * 100)} % used`}
				title={`${Math.round(used * 100)} % of the disk is used`}
			/>
		</div>
	);
}

void look();
void showPage(<NodesPage />);
