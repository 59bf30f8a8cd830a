import test from 'ava';
import { createDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/recording.ts';
import { answers, freePorts, startService, writeConfig } from '../support/service-process.ts';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
	test(`a service that is sent ${signal} says so and comes to a clean end`, async (t) => {
		const { url } = await createDatabase(t);
		const [port, health] = await freePorts(2);
		const config = await writeConfig(await temporaryFolder(t), 'web', {
			database: { url },
			web: { port },
			health: { ports: { web: health } },
		});
		const service = startService(t, ['web', '--config', config]);
		await answers(`http://127.0.0.1:${health}/readyz`, [200], service);
		t.is(await service.stop(signal), 0, service.log());
		t.regex(service.log(), new RegExp(`${signal}: stopping`));
	});
}
