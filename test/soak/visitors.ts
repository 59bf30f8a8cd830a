import { Pages } from './pages.ts';
import type { People } from './people.ts';
import type { Places } from './places.ts';
import type { SoakWorld } from './world.ts';

/** How long somebody stays on a page that follows what happens. */
const STAY_MS = 20_000;

/** People who look on, players, and Prometheus. */
export function visit(world: SoakWorld, people: People, places: Places): void {
	const viewer = new Pages(world.webUrl, world.tokens.viewer);
	const sheet = new Pages(world.sheetUrl, '');
	const { random } = places;
	const stay = () => AbortSignal.any([people.signal, AbortSignal.timeout(Math.round(STAY_MS * random()))]);
	const { channel, quality } = world.store;

	people.begin('listVisits', async () => {
		const { cursor } = await viewer.get<{ cursor: string }>('/api/events');
		await viewer.follow(`/api/events/live?after=${cursor}`, stay());
	});
	people.begin('sheetVisits', async () => {
		const [first] = await sheet.get<{ id: string }[]>('/page/spreadsheets');
		await sheet.get(`/page/spreadsheets/${first!.id}`);
		await sheet.follow(`/page/spreadsheets/${first!.id}/changes`, stay());
	});
	people.begin('streamVisits', async () => {
		const list = await viewer.get<string>(`/segments/${channel}/${quality}/media.m3u8`);
		const uris = list.split('\n').filter((line) => line.endsWith('.ts'));
		for (const uri of uris.slice(-2)) await viewer.get(`/segments/${channel}/${quality}/${uri}`);
		const { start, end } = await places.recorded();
		const range = new URLSearchParams({
			start: new Date(start).toISOString(),
			end: new Date(end).toISOString(),
		});
		await viewer.get(`/segments/${channel}/master.m3u8?${range}`);
		await viewer.get(`/segments/${channel}/coverage.json?${range}`);
	});
	const scraped = [...world.health.values()];
	people.begin('scrapes', async () => {
		const url = scraped[Math.floor(random() * scraped.length)]!;
		for (const path of ['metrics', 'readyz']) await (await fetch(`${url}/${path}`)).arrayBuffer();
	});
}
