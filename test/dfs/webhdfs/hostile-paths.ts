/**
 * Paths as they stand in a request, behind `/webhdfs/v1`: meant to climb, to be decoded twice, to be taken for something
 * else by whoever looks at them next. Each is refused, or is the name that it spells, whatever it looks like.
 */
export interface HostilePath {
  readonly raw: string
  /** The name it has as the only entry of its directory; undefined where it has to be refused. */
  readonly name: string | undefined
}

const refused = (raw: string): HostilePath => ({ raw: `/${raw}`, name: undefined })
const kept = (name: string, raw: string = encodeURIComponent(name)): HostilePath => ({ raw: `/${raw}`, name })

const dots = ['..', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '.%2E', '%2E.']
const slashes = ['/', '//', '%2f', '%2F', '/%2f', '%2f/', '\\', '/\\']

const climbing = dots.flatMap((dot) => [
  refused(dot),
  refused(`${dot}/`),
  refused(`a/${dot}`),
  refused(`a/${dot}/${dot}/b`),
  ...slashes.map((slash) => refused(`${dot}${slash}${dot}${slash}${dot}${slash}etc${slash}passwd`)),
  ...slashes.map((slash) => refused(`x${slash}${dot}${slash}y`)),
])

const single = ['.', '%2e', '%2E', './a', 'a/./b', 'a/%2e', '%2e/%2e'].map(refused)

const nul = ['%00', 'a%00', '%00a', 'a%00.txt', 'a/%00/b', 'a%00/../b', '%2500%00', 'a.jpg%00.txt'].map(refused)

/** UTF-8 that is too long, cut short, of half a character, or none at all. */
const notUtf8 = [
  '%c0%ae%c0%ae',
  '%c0%ae',
  '%c0%af',
  '%c0%2e',
  '%c1%9c',
  '%e0%80%ae',
  '%e0%80%af',
  '%e0%40%ae',
  '%f0%80%80%ae',
  '%f0%80%80%af',
  '%f8%80%80%80%ae',
  '%fc%80%80%80%80%ae',
  '%c0%80',
  '%80',
  '%bf',
  '%ff',
  '%fe',
  '%fe%ff',
  '%c3',
  '%c3%28',
  '%e2%82',
  '%e2%28%a1',
  '%f0%9f%98',
  '%f0%28%8c%bc',
  '%ed%a0%80',
  '%ed%bf%bf',
  '%ed%a0%bd%ed%b8%80',
  '%f4%90%80%80',
  '%f7%bf%bf%bf',
  'a%ffb',
  '..%c0%af..',
  '%c0%ae%c0%ae%c0%af',
].map(refused)

const notPercent = [
  '%',
  '%2',
  '%2/',
  '%zz',
  '%g0',
  '%0g',
  '%u002e%u002e',
  '%u2215',
  '%-1',
  '%+1',
  '%%32e',
  'a%',
  '%\u00b2e',
].map(refused)

const tooLong = [
  'a'.repeat(256),
  '%61'.repeat(256),
  '%c3%a4'.repeat(128),
  `${'a'.repeat(250)}/`.repeat(33),
  'a/'.repeat(1001),
  `${'..'}/`.repeat(3000),
].map(refused)

/** Decoded once, these are names like any other. */
const onceDecoded = [
  kept('%2e%2e', '%252e%252e'),
  kept('%2e%2e%2f', '%252e%252e%252f'),
  kept('..%2f..%2fetc', '..%252f..%252fetc'),
  kept('%00', '%2500'),
  kept('%252e', '%25252e'),
  kept('%c0%ae', '%25c0%25ae'),
  kept('%', '%25'),
  kept('%zz', '%25zz'),
]

const look = [
  '...',
  '....',
  '..a',
  'a..',
  '.a',
  '. .',
  '.. ',
  ' ..',
  ' ',
  '..;',
  '..;a=b',
  'a;jsessionid=1',
  '..\\..\\etc\\passwd',
  '\\',
  '\\\\server\\share',
  'C:',
  'C:\\Windows',
  'con',
  'aux.txt',
  'nul',
  'a::$DATA',
  'a:b',
  '~',
  '~root',
  '-rf',
  '--help',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '$(reboot)',
  '`reboot`',
  'a;reboot',
  'a|reboot',
  'a&reboot',
  'a\nb',
  'a\r\nSet-Cookie: x=1',
  '\r\n\r\nHTTP 200 OK',
  '\t',
  '\u0001',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u2028',
  '"',
  "'",
  '<script>alert(1)',
  '#',
  'a#b',
  'a?op=DELETE',
  'a=b&c=d',
  '+',
  'a+b',
  'http:',
  'file:',
  'dfs:',
  '@evil.example',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  '.Trash',
  'VERSION',
  'namenode',
  'blocks',
  // Dots, slashes and directions that Unicode has besides.
  '\uff0e\uff0e',
  '\uff0e\uff0e\uff0fetc',
  '\u2024\u2024',
  '\u2025',
  '\u2026',
  '\u3002\u3002',
  '\uff61',
  '\u2215etc',
  '\u2044etc',
  '\u29f8',
  '\uff3c',
  '\u202egnp.exe',
  '\u200b',
  '\u200b..',
  '\ufeff',
  '\u00a0',
  'e\u0301',
  '\u00e9',
  '\u212b',
  '\ud83d\ude00',
  '\ufffd',
  '\uffff',
  '\udbff\udfff',
  'a'.repeat(255),
  '\u00e4'.repeat(127),
].map((name) => kept(name))

/** What has to be encoded in a URL, and is not. */
const unencoded = ['\u00c3\u00bc', '\u00ff', '\u00c0\u00ae', 'a b', '\u0000', '\u007f', 'a\tb', '\\', 'a\\b'].map(
  refused,
)

export const hostilePaths: readonly HostilePath[] = [
  ...climbing,
  ...single,
  ...nul,
  ...notUtf8,
  ...notPercent,
  ...tooLong,
  ...onceDecoded,
  ...look,
  ...unencoded,
]
