import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Quern } from '../../support/quern.ts'

/**
 * What `hadoop fs` prints and returns, as a table. The cases only fail or only read, so they share one file system:
 * /d (with /d/f), /empty, /f (7 bytes), /zero, and /user/me with a file r in it.
 */
let quern: Quern

beforeAll(async () => {
  quern = await Quern.make()
  await quern.ok('-mkdir', '-p', '/d', '/empty', '/user/me')
  await quern.file('/d/f', 'inside\n')
  await quern.file('/f', 'content')
  await quern.file('r', 'relative')
  await quern.ok('-touchz', '/zero')
})

afterAll(async () => {
  await quern[Symbol.asyncDispose]()
})

const notFound = 'No such file or directory'

const failures: [words: string[], code: number, err: string][] = [
  [['-ls', '/x'], 1, `ls: \`/x': ${notFound}\n`],
  [['ls', 'x'], 1, `ls: \`x': ${notFound}\n`],
  [['ls', '/f/x'], 1, `ls: \`/f/x': ${notFound}\n`],
  [['ls', '/f/*'], 1, `ls: \`/f/*': ${notFound}\n`],
  [['ls', '/x*'], 1, `ls: \`/x*': ${notFound}\n`],
  [['-ls', '-x', '/'], 255, '-ls: Illegal option -x\n'],
  [['-ls', ''], 255, '-ls: Can not create a Path from an empty string\n'],
  [
    ['ls', 'hdfs://host/a'],
    1,
    'ls: No FileSystem for scheme "hdfs": quern fs serves plain paths, dfs:/path and webhdfs://host:port/path\n',
  ],
  [['ls', 'dfs://host/a'], 1, "ls: `dfs://host/a': a dfs: path names no host; write dfs:/path\n"],
  [['ls', '/../x'], 1, "ls: `/../x': Path leads above the root\n"],
  [['mkdir', '/d'], 1, "mkdir: `/d': File exists\n"],
  [['mkdir', '/f'], 1, "mkdir: `/f': Is not a directory\n"],
  [['mkdir', '-p', '/f'], 1, "mkdir: `/f': Is not a directory\n"],
  [['mkdir', '/x/y'], 1, `mkdir: \`/x/y': ${notFound}\n`],
  [['mkdir', '/f/y'], 1, "mkdir: `/f/y': Is not a directory\n"],
  [['mkdir', '-p', '/f/y'], 1, "mkdir: `/f/y': Is not a directory\n"],
  [['mkdir', '/a[b'], 1, 'mkdir: bad glob "/a[b": a "[" is not closed\n'],
  [['mkdir', '/a[b]'], 1, `mkdir: \`/a[b]': ${notFound}\n`],
  [['-mkdir'], 255, '-mkdir: Not enough arguments: expected 1 but got 0\n'],
  [['mkdir', '--json', '/n'], 255, '-mkdir: Illegal option --json\n'],
  [['cat', '/d'], 1, "cat: `/d': Is a directory\n"],
  [['cat', '/x'], 1, `cat: \`/x': ${notFound}\n`],
  [['text', '/d'], 1, "text: `/d': Is a directory\n"],
  [['head', '/d'], 1, "head: `/d': Is a directory\n"],
  [['head', '/f', '/f'], 255, '-head: Too many arguments: expected 1 but got 2\n'],
  [['tail', '/x'], 1, `tail: \`/x': ${notFound}\n`],
  [['tail', '-s', 'soon', '/f'], 255, '-tail: option -s needs milliseconds, got soon\n'],
  [['rm', '/d'], 1, "rm: `/d': Is a directory\n"],
  [['rm', '/x'], 1, `rm: \`/x': ${notFound}\n`],
  [['rm', '/x*'], 1, `rm: \`/x*': ${notFound}\n`],
  [['rm', '-r', '/'], 1, "rm: `/': Cannot delete the root directory\n"],
  [['rmdir', '/d'], 1, "rmdir: `/d': Directory is not empty\n"],
  [['rmdir', '/f'], 1, "rmdir: `/f': Is not a directory\n"],
  [['rmdir', '/x'], 1, `rmdir: \`/x': ${notFound}\n`],
  [['mv', '/f', '/zero'], 1, "mv: `/zero': File exists\n"],
  [['mv', '/f', '/f'], 1, "mv: `/f': File exists\n"],
  [['mv', '/x', '/n'], 1, `mv: \`/x': ${notFound}\n`],
  [['mv', '/f', '/x/y'], 1, `mv: \`/x/y': ${notFound}\n`],
  [['mv', '/f', '/zero', '/n'], 1, `mv: \`/n': ${notFound}\n`],
  [['mv', '/f', '/d', '/zero'], 1, "mv: `/zero': Is not a directory\n"],
  [['mv', '/d', '/d'], 1, "mv: `/d' to `/d/d': is a subdirectory of itself\n"],
  [['mv', '/d', '/d/n'], 1, "mv: `/d' to `/d/n': is a subdirectory of itself\n"],
  [['mv', '/f'], 255, '-mv: Not enough arguments: expected 2 but got 1\n'],
  [['mv', '/f', '/[dz]*'], 1, "mv: `/[dz]*': Too many matches\n"],
  [['cp', '/f', '/zero'], 1, "cp: `/zero': File exists\n"],
  [['cp', '-f', '/f', '/f'], 1, "cp: `/f' to `/f': are identical\n"],
  [['cp', '/x', '/n'], 1, `cp: \`/x': ${notFound}\n`],
  [['cp', '/f', '/x/y'], 1, `cp: \`/x/y': ${notFound}\n`],
  [['cp', '/d', '/d/n'], 1, "cp: `/d' to `/d/n': is a subdirectory of itself\n"],
  [['cp', '/f', '/n/'], 1, `cp: \`/n/': ${notFound}\n`],
  [['cp', '/f', '/zero/'], 1, "cp: `/zero/': Is not a directory\n"],
  [['put', 'none', '/n'], 1, `put: \`none': ${notFound}\n`],
  [['put', '*.none', '/n'], 1, `put: \`*.none': ${notFound}\n`],
  [['put', '-', '/f'], 1, "put: `/f': File exists\n"],
  [['put', '-', '/x/y'], 1, `put: \`/x/y': ${notFound}\n`],
  [['-put'], 255, '-put: Not enough arguments: expected 1 but got 0\n'],
  [['get', '/x', 'n'], 1, `get: \`/x': ${notFound}\n`],
  [['get', '/f', 'x/y'], 1, `get: \`x/y': ${notFound}\n`],
  [['get', '/f', '/zero', 'n'], 1, `get: \`n': ${notFound}\n`],
  [['get', '/d', '-'], 1, "get: `/d': Is a directory\n"],
  [
    ['get', '-crc', '/f', 'n'],
    255,
    '-get: option -crc is not in quern: the checksums lie beside the replicas and are verified on every read; checksum shows that of a file\n',
  ],
  [['get', '-t', '0', '/f', 'n'], 255, '-get: option -t needs a positive number, got 0\n'],
  [['put', '-q', 'x', 'a', '/n'], 255, '-put: option -q needs a positive number, got x\n'],
  [['cp', '-pz', '/f', '/n'], 255, '-cp: Illegal option -pz\n'],
  [['getmerge', '/d', '.'], 1, "getmerge: `.': Is a directory\n"],
  [['getmerge', '/x', '/f', '-'], 1, `getmerge: \`/x': ${notFound}\n`],
  [['stat', '/x'], 1, `stat: \`/x': ${notFound}\n`],
  [['stat', '%n'], 255, '-stat: Not enough arguments: expected 1 but got 0\n'],
  [['du', '/x'], 1, `du: \`/x': ${notFound}\n`],
  [['count', '/x'], 1, `count: \`/x': ${notFound}\n`],
  [['count', '-t', '/'], 255, '-count: option -t is not in quern: there are no storage types\n'],
  [['ls', '-e', '/'], 255, '-ls: option -e is not in quern: there is no erasure coding; every file is replicated\n'],
  [['checksum', '/d'], 1, "checksum: `/d': Is a directory\n"],
  [['checksum', '/x'], 1, `checksum: \`/x': ${notFound}\n`],
  [['df', '/x'], 1, `df: \`/x': ${notFound}\n`],
  [['getfacl', '/x'], 1, `getfacl: \`/x': ${notFound}\n`],
  [['getfacl', '/f', '/d'], 255, '-getfacl: Too many arguments: expected 1 but got 2\n'],
  [['appendToFile', '/f'], 255, '-appendToFile: Not enough arguments: expected 2 but got 1\n'],
  [['appendToFile', '-', '/d'], 1, "appendToFile: `/d': Is a directory\n"],
  [['appendToFile', '-', '/x/y'], 1, `appendToFile: \`/x/y': ${notFound}\n`],
  [['appendToFile', '-', 'a', '/f'], 1, 'appendToFile: stdin (-) must be the sole input argument when present\n'],
  [['truncate', 'x', '/f'], 255, '-truncate: Illegal length, a non-negative integer expected: x\n'],
  [['truncate', '-w', '-1', '/f'], 255, '-truncate: Illegal option -1\n'],
  [
    ['truncate', '8', '/f'],
    1,
    "truncate: `/f': Cannot truncate to a larger file size. Current size: 7, truncate size: 8.\n",
  ],
  [['truncate', '0', '/d'], 1, "truncate: `/d': Is a directory\n"],
  [['truncate', '0', '/x'], 1, `truncate: \`/x': ${notFound}\n`],
  [['concat', '/x', '/f'], 1, 'concat: Target path /x does not exist or is not file.\n'],
  [['concat', '/d', '/f'], 1, 'concat: Target path /d does not exist or is not file.\n'],
  [['concat', '/f', '/zero', '/x'], 1, 'concat: /x does not exist or is not file.\n'],
  [['concat', '/f', '/d'], 1, 'concat: /d does not exist or is not file.\n'],
  [['concat', '/f', '/x*'], 1, `concat: \`/x*': ${notFound}\n`],
  [['chmod', '999', '/f'], 255, "-chmod: chmod : mode '999' does not match the expected pattern.\n"],
  [['chmod', '-w+', '/f'], 255, "-chmod: chmod : mode '-w+' does not match the expected pattern.\n"],
  [['chmod', '644', '/x'], 1, `chmod: \`/x': ${notFound}\n`],
  [['chown', 'a b', '/f'], 255, "-chown: 'a b' does not match expected pattern for [owner][:group].\n"],
  [['chown', ':', '/f'], 255, "-chown: ':' does not specify owner or group.\n"],
  [['chown', 'me', '/x'], 1, `chown: \`/x': ${notFound}\n`],
  [['chgrp', 'a:b', '/f'], 255, "-chgrp: 'a:b' does not match expected pattern for group\n"],
  [['createSnapshot', '/x'], 1, `createSnapshot: \`/x': ${notFound}\n`],
  [['createSnapshot', '/f', 's'], 1, "createSnapshot: `/f': Is not a directory\n"],
  [['deleteSnapshot', '/d'], 255, '-deleteSnapshot: Not enough arguments: expected 2 but got 1\n'],
  [['renameSnapshot', '/f', 'a', 'b'], 1, "renameSnapshot: `/f': Is not a directory\n"],
  [['expunge', '/d'], 255, '-expunge: Too many arguments: expected 0 but got 1\n'],
  [['expunge', '-fs', '/d'], 255, '-expunge: option -fs needs a file system such as dfs:/, got /d\n'],
  [['moveFromLocal', 'none', '/n'], 1, `moveFromLocal: \`none': ${notFound}\n`],
  [['moveToLocal', '/x', 'n'], 1, `moveToLocal: \`/x': ${notFound}\n`],
  [['find', '/x'], 1, `find: \`/x': ${notFound}\n`],
  [['find', '/', '-newer', '/f'], 1, 'find: Unexpected argument: -newer\n'],
  [['find', '/', '-name'], 255, '-find: -name needs a pattern\n'],
  [['touchz', '/f'], 1, "touchz: `/f': Not a zero-length file\n"],
  [['touchz', '/d'], 1, "touchz: `/d': Is a directory\n"],
  [['touchz', '/x/y'], 1, `touchz: \`/x/y': ${notFound}\n`],
  [['touchz', '/f/y'], 1, "touchz: `/f/y': Is not a directory\n"],
  [['touch', '/d'], 1, "touch: `/d': Is a directory\n"],
  [
    ['touch', '-t', '20260231:000000', '/f'],
    255,
    '-touch: Unable to parse the specified timestamp 20260231:000000: yyyyMMdd:HHmmss\n',
  ],
  [['touch', '-t'], 255, '-touch: option -t needs a value\n'],
  [['setrep', '0', '/f'], 255, '-setrep: Illegal replication, a positive integer expected: 0\n'],
  [['setrep', '2', '/x'], 1, `setrep: \`/x': ${notFound}\n`],
  [['test', '/f'], 255, '-test: No test flag given\n'],
  [['test', '-e', '-d', '/f'], 255, '-test: Only one test flag is allowed\n'],
  [['-lss'], 255, '-lss: Unknown command\nDid you mean -ls?\n'],
  [['lss'], 255, '-lss: Unknown command\nDid you mean ls?\n'],
  [['-xyzzy'], 255, '-xyzzy: Unknown command\n'],
  [['-getfattr', '-d', '/f'], 255, '-getfattr: not in quern: there are no extended attributes\n'],
  [['-help', 'xyzzy'], 255, "-help: `xyzzy': Unknown command\n"],
  [['ls', '/', '--root'], 255, '-ls: option --root needs a directory\n'],
  [['ls', '/', '--root='], 255, '-ls: option --root needs a directory\n'],
]

describe('a failure is said as hadoop fs says it', () => {
  it.each(failures)('%j', async (words, code, message) => {
    const outcome = await quern.fs(...words)
    const usage = /^Usage: quern fs \[--root DIR\] -.*\n/m
    expect({ ...outcome, err: outcome.err.replace(usage, '') }).toMatchObject({ code, err: message, out: '' })
    // Wrong usage of a verb shows how it is used.
    const knownVerb = code === 255 && !message.includes('Unknown command') && !message.includes(': not in quern')
    expect(usage.test(outcome.err)).toBe(knownVerb)
  })

  it('and leaves the file system as it was', async () => {
    expect(await quern.ok('find', '/')).toBe(
      ['/', '/d', '/d/f', '/empty', '/f', '/user', '/user/me', '/user/me/r', '/zero', ''].join('\n'),
    )
    expect(await quern.ok('cat', '/f', '/d/f')).toBe('contentinside\n')
  })
})

const quotas = (cells: string[]): string => cells.map((cell, i) => cell.padStart(i === 0 ? 12 : 15)).join(' ')

const answers: [words: string[], out: string][] = [
  [['cat', '/f', 'r'], 'contentrelative'],
  [['cat', 'dfs:/f', 'dfs:///d/f'], 'contentinside\n'],
  [['cat', '/d/../f'], 'content'],
  [['cat', '/{f,d/f}'], 'inside\ncontent'],
  [['cat', '../me/r'], 'relative'],
  [['text', '/f'], 'content'],
  [['head', '/f'], 'content'],
  [['tail', '/f'], 'content'],
  [['cat', '-ignoreCrc', '/zero'], ''],
  [['get', '/f', '-'], 'content'],
  [['get', '/f', '/d/f', '-'], 'contentinside\n'],
  [['ls', '/empty'], ''],
  [['ls', '-C', '/'], '/d\n/empty\n/f\n/user\n/zero\n'],
  [['ls', '-C', '-r', '/'], '/zero\n/user\n/f\n/empty\n/d\n'],
  [['ls', '-C', '-d', '/d', '/f'], '/d\n/f\n'],
  [['ls', '-C', '-R', '/d', '/user'], '/d/f\n/user/me\n/user/me/r\n'],
  [['ls', '-C'], 'r\n'],
  [['ls', '-C', '.'], 'r\n'],
  [['ls', '-C', '..'], '../me\n'],
  [['ls', '-C', 'dfs:/d'], 'dfs:/d/f\n'],
  [['ls', '-C', '/?'], '/d/f\n/f\n'],
  [['ls', '-C', '-S', '/'], '/f\n/d\n/empty\n/user\n/zero\n'],
  [['stat', '%n %F %b %r %a %A', '/f'], 'f regular file 7 3 644 rw-r--r--\n'],
  [['stat', '%n|%F|%b|%r|%%|%q|%', '/d'], 'd|directory|0|0|%|q|\n'],
  [['du', '/'], '7  21  /d\n0  0   /empty\n7  21  /f\n8  24  /user\n0  0   /zero\n'],
  [['du', '-s', '/'], '22  66  /\n'],
  [
    ['du', '-s', '-v', '/d'],
    'SIZE  DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS  FULL_PATH_NAME\n7     21                                     /d\n',
  ],
  [['du', 'r'], '8  24  r\n'],
  [['count', '/'], '           5            4                 22 /\n'],
  [
    ['count', '-v', '/d'],
    '   DIR_COUNT   FILE_COUNT       CONTENT_SIZE PATHNAME\n           1            1                  7 /d\n',
  ],
  [
    ['count', '-x', '-q', '/d'],
    `${quotas(['none', 'inf', 'none', 'inf'])}            1            1                  7 /d\n`,
  ],
  [
    ['count', '-u', '-v', '/d'],
    `${quotas(['QUOTA', 'REM_QUOTA', 'SPACE_QUOTA', 'REM_SPACE_QUOTA'])} PATHNAME\n${quotas(['none', 'inf', 'none', 'inf'])} /d\n`,
  ],
  [['du', '-x', '-s', '/d'], '7  21  /d\n'],
  [['find', '/d'], '/d\n/d/f\n'],
  [['find', '-name', 'r'], 'r\n'],
  [['find', '.'], '.\nr\n'],
  [['find', '/', '-name', 'f', '-print0'], '/d/f\0/f\0'],
  [['find', '/', '-iname', 'F', '-a', '-print'], '/d/f\n/f\n'],
  [['find', '/', '-name', '?', '-and', '-name', '[!d]'], '/d/f\n/f\n/user/me/r\n'],
  [['find', '/empty', '-print', '-name', 'x', '-print'], '/empty\n'],
  [['getmerge', '/d', '/f', '-'], 'inside\ncontent'],
  [['getmerge', '-nl', '/f', '/zero', '-'], 'content\n\n'],
  [['getmerge', '-nl', '-skip-empty-file', '/f', '/zero', '-'], 'content\n'],
  [['rm', '-f', '/x', '/y*'], ''],
  [['mkdir', '-p', '/d', '/empty/'], ''],
  [['rmdir', '--ignore-fail-on-non-empty', '/d'], ''],
  [['touch', '-c', '/n'], ''],
  [['touchz', '/zero'], ''],
]

describe('an answer is laid out as hadoop fs lays it out', () => {
  it.each(answers)('%j', async (words, out) => {
    expect(await quern.fs(...words)).toMatchObject({ code: 0, err: '', out })
  })

  it.each([
    ['-e', '/f', 0],
    ['-e', '/x', 1],
    ['-d', '/d', 0],
    ['-d', '/f', 1],
    ['-f', '/f', 0],
    ['-f', '/d', 1],
    ['-s', '/f', 0],
    ['-s', '/zero', 1],
    ['-z', '/zero', 0],
    ['-z', '/f', 1],
    ['-z', '/x', 1],
  ])('test %s %s ends with %d and says nothing', async (flag, path, code) => {
    expect(await quern.fs('-test', flag, path)).toMatchObject({ code, out: '', err: '' })
  })

  it('one bad path among several is told, and the others still have their turn', async () => {
    expect(await quern.fs('cat', '/f', '/x', '/d', 'r')).toMatchObject({
      code: 1,
      out: 'contentrelative',
      err: "cat: `/x': No such file or directory\ncat: `/d': Is a directory\n",
    })
  })

  it('old verbs work and say what they are called now', async () => {
    expect(await quern.fs('-lsr', '-C', '/d')).toMatchObject({
      code: 0,
      out: '/d/f\n',
      err: "lsr: DEPRECATED: Please use 'ls -R' instead.\n",
    })
    expect(await quern.fs('-dus', '/d')).toMatchObject({ code: 0, out: '7  21  /d\n' })
  })

  it('no verb at all is wrong usage, help is not', async () => {
    const bare = await quern.fs()
    expect(bare).toMatchObject({ code: 255, out: '' })
    expect(bare.err).toContain('Usage: quern fs [--root DIR]\n\t[-appendToFile ')
    const help = await quern.fs('-help')
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('-rmdir [--ignore-fail-on-non-empty] <dir> ... :\n  Delete empty directories.\n')
    expect(await quern.fs('ls', '--help')).toMatchObject({ code: 0, out: (await quern.fs('-help', 'ls')).out })
    expect(await quern.fs('--help')).toMatchObject({ code: 0, out: help.out })
    expect(await quern.fs('-usage', 'mkdir')).toMatchObject({
      code: 0,
      out: 'Usage: quern fs [--root DIR] -mkdir [-p] <path> ...\n',
    })
    expect((await quern.fs('-help', 'rmr')).out).toBe("-rmr:\n  (DEPRECATED) Same as 'rm -r'\n")
    expect(await quern.fs('-help', 'setfacl')).toMatchObject({ code: 255 })
  })
})
