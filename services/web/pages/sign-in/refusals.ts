/** Why a sign-in with a provider led back here. Words of ours only: the address of a page can be written by anybody. */
export const REFUSALS: Readonly<Record<string, string>> = {
	denied: 'The sign-in was stopped at the provider.',
	disabled: 'Your account is disabled. An admin can let you in again.',
	expired: 'The sign-in took too long, or was begun in another browser. Try again.',
	failed: 'The provider’s answer could not be checked. Try again; the log of the web service says more.',
	unconfirmed:
		'The provider did not confirm an e-mail address of yours, so it is not known who you are here.',
	unknown: 'There is no account for you here. Ask an admin to make one with your e-mail address.',
};
