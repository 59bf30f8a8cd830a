/** The text with the passwords of URLs and connection strings taken out. */
export function withoutPasswords(text: string): string {
	return text
		.replace(/(\w:\/\/[^\s"/:@]*:)[^\s"]*@/g, '$1***@')
		.replace(/\b(password|passwd|pwd)=[^\s"&]+/gi, '$1=***');
}
