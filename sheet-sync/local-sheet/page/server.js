/** Asking the server, and saying who asks. */

/** Names this open page: undo takes back what this page did, and nobody else's. */
const PAGE = sessionId();

function sessionId() {
	// A reload may still undo; a second tab is another page.
	const entry = performance.getEntriesByType('navigation')[0];
	const kept = entry?.type === 'reload' ? sessionStorage.getItem('page') : null;
	const id = kept ?? crypto.randomUUID();
	sessionStorage.setItem('page', id);
	return id;
}

export class Server {
	#onNotice;

	/** @param {(text: string) => void} onNotice told why a request failed, or '' after a change that did not */
	constructor(onNotice) {
		this.#onNotice = onNotice;
	}

	get(url) {
		return this.#ask(url, {});
	}

	post(url, body) {
		return this.#ask(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
	}

	/** @param {string} type media type of the file */
	upload(url, file, type) {
		return this.#ask(url, { method: 'POST', headers: { 'content-type': type }, body: file });
	}

	/** The answer, or undefined after telling the person why there is none. */
	async #ask(url, options) {
		try {
			const response = await fetch(url, {
				...options,
				headers: { ...options.headers, 'x-cutsheet-page': PAGE },
			});
			const answer = await response.json();
			if (!response.ok) throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
			if (options.method === 'POST') this.#onNotice('');
			return answer;
		} catch (error) {
			const unreachable = error instanceof TypeError;
			this.#onNotice(unreachable ? 'The server cannot be reached; the change was not made.' : error.message);
			return undefined;
		}
	}
}
