import { watch } from 'node:fs';
import type { FakeRequest } from '../support/faulty-server.ts';
import { YoutubeServer } from '../support/youtube-server.ts';
import type { JobWorld, Teardown } from './job-world.ts';
import { NodeProcess } from './node-process.ts';
import { PostgresProxy } from './postgres-proxy.ts';
import { Counted, type Trap } from './trap.ts';

/** A node that runs, and what it has been seen doing. */
export interface Life {
	node: NodeProcess;
	proxy: PostgresProxy;
	/**
	 * In the order in which they came: `sql` statements, `http` exchanges with the location, and `file` changes in its folder
	 * (seen only after they took place), each with a name that tells it from the others.
	 */
	steps: string[];
}

/** What is to happen to a node at a step, if anything. */
export type Meddling = (step: string, life: Life) => Trap | undefined;

/**
 * Starts a node whose traffic with the database and the location is watched and meddled with. Exchanges with the location
 * count as those of the node that was started last.
 */
export async function live(
	t: Teardown,
	world: JobWorld,
	name: string,
	meddle: Meddling = () => undefined,
): Promise<Life> {
	const { proxy, url } = await PostgresProxy.start(t, world.url);
	const node = new NodeProcess(t, { name, config: world.config, databaseUrl: url });
	const life: Life = { node, proxy, steps: [] };
	const trapAt = (step: string) => {
		// What still reaches us from a node that was killed before is nothing that it does.
		if (node.killed) return undefined;
		life.steps.push(step);
		return meddle(step, life);
	};
	proxy.trap = (statement) => trapAt(`sql ${statement}`);
	const { server, config } = world.place;
	const counted = new Counted();
	if (server) {
		server.fault = async (_, request) => {
			// YouTube works fast here: otherwise the node would ask again in a minute.
			if (server instanceof YoutubeServer) {
				for (const video of server.videos.values()) video.processing.uploadStatus = 'processed';
			}
			const trap = trapAt(`http ${counted.name(exchangeName(request))}`);
			// Whoever is killed or stopped now has sent all that it had to send: the effect comes regardless.
			await trap?.act();
			return trap?.drops ? { when: trap.when, how: 'cut' } : undefined;
		};
	}
	if (config.kind === 'local') {
		const watcher = watch(config.path, (change, file) => {
			void trapAt(`file ${counted.name(`${change} ${withoutIds(file ?? '')}`)}`)?.act();
		});
		t.teardown(() => watcher.close());
	}
	return life;
}

function exchangeName({ method, path, query }: FakeRequest): string {
	// The SDK of S3 marks its requests with x-id.
	const names = [...query.keys()].filter((name) => name !== 'x-id').sort();
	return [method, withoutIds(path), ...names].join(' ');
}

/** What is another one in each run is not part of a name. */
function withoutIds(path: string): string {
	return path
		.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
		.replace(/[^/]* [0-9a-f]{8}\.ts$/, 'VIDEO');
}
