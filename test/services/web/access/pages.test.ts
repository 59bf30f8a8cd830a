import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Page } from 'playwright-core';
import { createAccount } from '../../../../db/access/accounts.ts';
import { hashPassword } from '../../../../services/web/access/passwords.ts';
import { openPage, withChromium } from '../../../support/page.ts';
import { type Person, startTestWeb, type TestWeb } from '../../../support/web.ts';

const PASSWORD = 'seven brown foxes';
const chromium = withChromium(test);

async function open(t: ExecutionContext, web: TestWeb, place: string, person?: Person): Promise<Page> {
	return (await openPage(t, chromium.browser, web, person, place)).page;
}

test.serial('who is not signed in is led to the sign-in, and back to where they wanted to go', async (t) => {
	const web = await startTestWeb(t);
	const page = await open(t, web, '/account');
	await page.getByText('There are no accounts yet').waitFor();
	await createAccount(web.db, { name: 'Ada', role: 'editor', passwordHash: await hashPassword(PASSWORD) });
	await page.getByLabel('Name').fill('Ada');
	await page.getByLabel('Password').fill('something else');
	await page.keyboard.press('Enter');
	await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
	await page.getByLabel('Password').fill(PASSWORD);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'My account' }).waitFor();
	await page.getByText('this one').waitFor();
	t.is(await page.getByRole('link', { name: 'Accounts' }).count(), 0);
	await page.getByLabel('Account: Ada').click();
	await page.getByRole('button', { name: 'Sign out', exact: true }).click();
	await page.waitForURL(/\/sign-in$/);
	t.is((await web.db.selectFrom('sessions').select('id').execute()).length, 0);
});

test.serial('a password is changed, a token made and revoked, other browsers signed out', async (t) => {
	const web = await startTestWeb(t);
	const ada = await web.person('editor', 'Ada');
	const page = await open(t, web, '/account', ada);
	await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
	await page.getByLabel('New password once more').fill(`${PASSWORD}!`);
	await page.getByRole('button', { name: 'Change the password' }).click();
	await page.getByText('The two new passwords differ.').waitFor();
	await page.getByLabel('New password once more').fill(PASSWORD);
	await page.getByRole('button', { name: 'Change the password' }).click();
	await page.getByText('Your password is changed.').waitFor();
	t.is((await ada.ask('GET', '/api/sessions')).status, 401);

	await page.getByRole('button', { name: 'New token' }).click();
	await page.getByLabel('What it is for').fill('backup');
	await page.getByRole('button', { name: 'Make the token' }).click();
	const token = await page.getByLabel('The token').inputValue();
	await page.getByRole('button', { name: 'Done' }).click();
	const asks = () => fetch(`${web.url}/api/openapi.json`, { headers: { authorization: `Bearer ${token}` } });
	t.is((await asks()).status, 200);
	await page.getByRole('button', { name: 'Revoke backup' }).click();
	await page.getByRole('button', { name: 'Revoke', exact: true }).last().click();
	await page.getByText('The token “backup” is revoked.').waitFor();
	t.is((await asks()).status, 401);
});

test.serial('an admin makes an account, changes its role, disables and removes it', async (t) => {
	const web = await startTestWeb(t);
	const page = await open(t, web, '/accounts', await web.person('admin', 'Ada'));
	await page.getByRole('button', { name: 'New account' }).click();
	await page.getByLabel('Name').fill('<b>Bo</b>');
	await page.getByLabel('First password').fill('short');
	await page.getByRole('button', { name: 'Make the account' }).click();
	await page.getByText('A password has 10 characters or more.').waitFor();
	await page.getByLabel('First password').fill(PASSWORD);
	await page.getByRole('button', { name: 'Make the account' }).click();
	await page.getByLabel('Role of <b>Bo</b>').selectOption('operator');
	await page.getByText('<b>Bo</b> has the role operator now.').waitFor();
	await page.getByLabel('Role of Ada').selectOption('viewer');
	await page.getByText('"Ada" is the only admin who is left').waitFor();
	t.is(await page.getByLabel('Role of Ada').inputValue(), 'admin');
	const bo = page.getByRole('row').filter({ hasText: 'Bo' });
	await bo.getByRole('button', { name: 'Disable' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
	await bo.getByText('disabled', { exact: true }).waitFor();
	await bo.getByRole('button', { name: 'Remove' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
	await page.getByText('<b>Bo</b> is removed.').waitFor();
	const told = await web.db
		.selectFrom('account_history')
		.select(['actor', 'what'])
		.where('account', '=', '<b>Bo</b>')
		.orderBy('id')
		.execute();
	t.deepEqual(
		told.map(({ actor, what }) => `${actor}: ${what}`),
		['created with the role editor', 'role editor → operator', 'disabled', 'removed'].map(
			(what) => `Ada: ${what}`,
		),
	);
});

test.serial(
	'light and dark are chosen in the menu, and the next page comes in them from the first byte',
	async (t) => {
		const web = await startTestWeb(t);
		const ada = await web.person('viewer', 'Ada');
		const page = await open(t, web, '/account', ada);
		await page.getByLabel('Account: Ada').click();
		const remembered = page.waitForResponse(/\/api\/theme$/);
		await page.getByRole('button', { name: 'Dark' }).click();
		await remembered;
		const html = await (await page.goto(`${web.url}/account`))!.text();
		t.true(html.includes('<html data-theme="dark"'));
	},
);
