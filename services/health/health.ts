import { Gauge, Registry } from 'prom-client';
import { inTime } from './in-time.ts';

/**
 * Looks at one thing that a service needs. Resolves with a sentence that says how it is; rejects, with a sentence for
 * people, when the service cannot work without mending it; one that takes longer than `inTime` waits has failed.
 */
export type ReadinessCheck = () => Promise<string> | string;

/** What `/readyz` answers. */
export interface Readiness {
	service: string;
	ready: boolean;
	checks: Record<string, { ok: boolean; sentence: string }>;
}

/** How one service is: what it counts, and whether it has all that it needs to work. */
export class Health {
	readonly service: string;
	readonly metrics = new Registry();
	readonly #checks = new Map<string, ReadinessCheck>();
	#underWay: Promise<Readiness> | undefined;

	constructor(service: string) {
		this.service = service;
		const readiness = () => this.readiness();
		new Gauge({
			name: 'cutsheet_ready',
			help: '1 for each thing that the service needs and has, 0 for what it lacks; /readyz says why.',
			labelNames: ['check'],
			registers: [this.metrics],
			async collect() {
				const { checks } = await readiness();
				for (const [check, { ok }] of Object.entries(checks)) this.set({ check }, ok ? 1 : 0);
			},
		});
	}

	/** Adds something that the service needs to be ready; a later check of the same name replaces it. */
	needs(name: string, check: ReadinessCheck): void {
		this.#checks.set(name, check);
	}

	/** Makes all checks at once. Several who ask at the same time share one answer. */
	async readiness(): Promise<Readiness> {
		this.#underWay ??= this.#check().finally(() => {
			this.#underWay = undefined;
		});
		return this.#underWay;
	}

	async #check(): Promise<Readiness> {
		const checks = await Promise.all(
			[...this.#checks].map(async ([name, check]) => [name, await outcome(check)] as const),
		);
		const ready = checks.every(([, { ok }]) => ok);
		return { service: this.service, ready, checks: Object.fromEntries(checks) };
	}
}

async function outcome(check: ReadinessCheck): Promise<{ ok: boolean; sentence: string }> {
	try {
		return { ok: true, sentence: await inTime(check) };
	} catch (error) {
		return { ok: false, sentence: error instanceof Error ? error.message : String(error) };
	}
}
