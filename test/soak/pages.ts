/** A browser's part: requests to `cutsheet web` of somebody who is signed in. */
export class Pages {
	readonly #url: string;
	readonly #token: string;

	constructor(url: string, token: string) {
		this.#url = url;
		this.#token = token;
	}

	/** Reads an answer to its end. Rejects, with what it says, unless its status is 200 or one of `also`. */
	async get<T>(
		path: string,
		{ also = [] as number[], signal }: { also?: number[]; signal?: AbortSignal } = {},
	) {
		const answer = await fetch(this.#url + path, {
			headers: { authorization: `Bearer ${this.#token}` },
			...(signal && { signal }),
		});
		const text = await answer.text();
		if (!answer.ok && !also.includes(answer.status)) throw new Error(`${path}: ${answer.status} ${text}`);
		return (
			answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : text
		) as T;
	}

	/** Follows server-sent events until `signal` aborts. Returns how many bytes came. */
	async follow(path: string, signal: AbortSignal): Promise<number> {
		let bytes = 0;
		try {
			const answer = await fetch(this.#url + path, {
				headers: { authorization: `Bearer ${this.#token}` },
				signal,
			});
			if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
			for await (const chunk of answer.body!) bytes += (chunk as Uint8Array).length;
		} catch (error) {
			if (!signal.aborted) throw error;
		}
		return bytes;
	}

	/** Whether it was done; false when it was refused because the event had changed (409). Rejects in other cases. */
	async send(method: 'POST' | 'PATCH', path: string, body: object): Promise<boolean> {
		const answer = await fetch(this.#url + path, {
			method,
			headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		const text = await answer.text();
		if (!answer.ok && answer.status !== 409) throw new Error(`${path}: ${answer.status} ${text}`);
		return answer.ok;
	}
}
