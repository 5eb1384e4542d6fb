/** Shown in a secret's place. */
export const MASK = '***';
/** What names of secrets end with: adminPass, X-Auth-Token, os_password, client-secret, … */
const NAME = '(?:pass(?:word|wd|phrase|code)?|pwd|pswd|secret(?:[_-]?key)?|token|(?:private|auth|api)[_-]?key)';
const HEADER = String.raw`(?:http_)?(?:x[_-][\w-]{1,40}[_-](?:token|key|secret)|(?:proxy-)?authorization|(?:set-)?cookie|openstack-auth-receipt)`;
const NAMED = `(?:${NAME}|${HEADER})`;
const BEFORE = String.raw`[\w.:-]{0,64}?`;
/** Between a name and its value, as in JSON, Python and settings. */
const IS = String.raw`\s*[:=]\s*\[?\s*[ub]?`;

const some = (source: string) => new RegExp(source, 'gi');
/** Text without one of these holds nothing to mask; most has none, and is done with. */
const SUSPICIOUS = new RegExp(
  String.raw`${NAMED}(?:\\*["'])?\s*[:=>]|${HEADER}"\s*,|-${BEFORE}${NAME}\s|:\/\/[^\s/@]*@`,
  'i',
);

const FORMS: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [some(String.raw`(:\/\/[^\s:@/?#'"\\]*:)[^\s/'"\\]*@`), `$1${MASK}@`],
  // "name": "value", name='value', also as text inside of JSON, where quotes have backslashes.
  [some(String.raw`(${NAMED}["']?${IS}")(?:[^"\\]|\\.)*"`), `$1${MASK}"`],
  [some(String.raw`(${NAMED}["']?${IS}')(?:[^'"\\]|\\.)*'`), `$1${MASK}'`],
  [some(String.raw`(${NAMED}(?:\\+["'])?${IS}(\\+["']))(?:[^"'\\]|\\+(?![\\"'])|\\+\2)*\2`), `$1${MASK}$2`],
  // Headers as Node keeps them raw: a name, then its value.
  [some(String.raw`("${HEADER}"\s*,\s*")(?:[^"\\]|\\.)*"`), `$1${MASK}"`],
  // name=value, as in queries and settings
  [some(String.raw`(${NAMED}\s*=\s*)[^\s"'\\&,;<>(){}=][^\s"'\\&,;<>(){}]*`), `$1${MASK}`],
  // X-Auth-Token: value
  [some(String.raw`(${HEADER}:[ \t]*)[^"'\\\r\n]+`), `$1${MASK}`],
  // --password value
  [some(String.raw`(?<![\w-])(--?${BEFORE}${NAME}\s+)(?:'[^'"]*'|\\"[^"\\]*\\"|[^\s"'\\]+)`), `$1${MASK}`],
  // <password>value</password>
  [some(String.raw`(<${BEFORE}${NAME}(?:\s[^<>]*)?>)[^<]+(?=</)`), `$1${MASK}`],
];
const OPTION = new RegExp(`^--?[\\w.-]*${NAME}$`, 'i');
const OPTION_WITH_VALUE = new RegExp(`^(--?[\\w.-]*${NAME}=).*$`, 'is');

/**
 * The text with what follows the name of a secret masked: in JSON, Python and XML, in URLs and queries, as an option, a setting
 * or a header, quoted or not. JSON stays JSON.
 */
export function maskSecrets(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  let masked = text;
  for (const [form, replacement] of FORMS) masked = masked.replace(form, replacement);
  return masked;
}

/** The arguments of a program as they may be shown. */
export function maskArguments(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (OPTION.test(args[at - 1] ?? '')) return MASK;
    return OPTION_WITH_VALUE.test(arg) ? arg.replace(OPTION_WITH_VALUE, `$1${MASK}`) : maskSecrets(arg);
  });
}
