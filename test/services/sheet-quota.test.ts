import test from 'ava';
import { sheetQuotas } from '../../services/commands/sheet-quota.ts';
import { checkConfig } from '../../services/config-schema.ts';

function quotas(settings: object) {
	const checked = checkConfig(settings);
	if (!('config' in checked)) throw new Error(checked.problems[0]?.sentence);
	return sheetQuotas(checked.config);
}

const copy = { spreadsheet: 'copy' };

test('sheet-sync alone has the whole quota', (t) => {
	t.deepEqual(quotas({}).sync, { readsPerMinute: 60, writesPerMinute: 60 });
});

test('with the same credentials, sheet-sync and publish-sheet together stay below the quota of one user', (t) => {
	for (const publishSheet of [copy, { ...copy, readsPerMinute: 20 }, { ...copy, credentials: 'key.json' }]) {
		const { sync, publishing } = quotas({ sheet: { credentials: 'key.json' }, publishSheet });
		t.is(sync.readsPerMinute + publishing.readsPerMinute, 60);
		t.is(sync.writesPerMinute + publishing.writesPerMinute, 60);
	}
});

test('with credentials of its own, publish-sheet has a quota of its own', (t) => {
	const { sync, publishing } = quotas({
		sheet: { credentials: 'key.json' },
		publishSheet: { ...copy, credentials: 'other.json' },
	});
	t.deepEqual([sync.readsPerMinute, publishing.readsPerMinute], [60, 60]);
});

test('a quota that Google raised is taken as it is configured', (t) => {
	const { sync } = quotas({ sheet: { readsPerMinute: 300, writesPerMinute: 200 }, publishSheet: copy });
	t.deepEqual(sync, { readsPerMinute: 300, writesPerMinute: 200 });
});
