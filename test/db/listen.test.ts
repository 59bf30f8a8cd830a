import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { listen } from '../../db/listen.ts';
import { cancelEvent } from '../../db/transitions/cancel.ts';
import { claimEvent } from '../../db/transitions/claim.ts';
import { createDatabase } from '../support/database.ts';
import { editedEvent, runningNode } from '../support/events.ts';

function subscribe(url: string) {
	const heard = new EventEmitter();
	const listener = listen(url, {
		channels: ['event_edited', 'event_cancelled'],
		onNotification: (channel, id) => heard.emit(channel, id),
		onConnected: () => heard.emit('connected'),
	});
	return { heard, listener };
}

test('a row that became EDITED and a cancelled claim are notified', async (t) => {
	const { url, db } = await createDatabase(t);
	const { heard, listener } = subscribe(url);
	await once(heard, 'connected');
	const edited = once(heard, 'event_edited');
	await runningNode(db, 'a');
	const event = await editedEvent(db);
	t.deepEqual(await edited, [event.id]);
	await claimEvent(db, event, 'a', 60);
	const cancelled = once(heard, 'event_cancelled');
	await cancelEvent(db, event.id, 'Ada');
	t.deepEqual(await cancelled, [event.id]);
	t.true(await listener.hears(db, 60_000));
	await listener.close();
});

test('the listener is made again when its connection breaks, and when the server was not there at first', async (t) => {
	const { url, db } = await createDatabase(t);
	const server = new URL(url);
	const sockets = new Set<Socket>();
	const proxy = createServer((client) => {
		const upstream = connect(Number(server.port), server.hostname);
		client.pipe(upstream).pipe(client);
		for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
		sockets.add(client);
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	const { port } = proxy.address() as AddressInfo;
	proxy.close();
	await once(proxy, 'close');

	const through = new URL(url);
	through.port = String(port);
	const { heard, listener } = subscribe(through.href);
	proxy.listen(port, '127.0.0.1');
	await once(heard, 'connected');
	const connectedAgain = once(heard, 'connected');
	for (const socket of sockets) socket.destroy();
	await connectedAgain;
	const edited = once(heard, 'event_edited');
	const event = await editedEvent(db);
	t.deepEqual(await edited, [event.id]);
	await listener.close();
	for (const socket of sockets) socket.destroy();
	proxy.close();
});
