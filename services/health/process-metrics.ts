import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { packageVersion } from '../version.ts';

/** Gauges of prom-client that are named like counters, which Prometheus' own checks refuse. */
const MISNAMED = [
	'nodejs_active_handles_total',
	'nodejs_active_requests_total',
	'nodejs_active_resources_total',
];

/** What every process tells: its version, CPU, memory, file descriptors, event loop. */
export function addProcessMetrics(metrics: Registry, service: string): void {
	collectDefaultMetrics({ register: metrics });
	for (const name of MISNAMED) metrics.removeSingleMetric(name);
	new Gauge({
		name: 'cutsheet_build_info',
		help: 'Always 1; the labels say which service of which version runs.',
		labelNames: ['service', 'version'],
		registers: [metrics],
	}).set({ service, version: packageVersion() }, 1);
}
