import type { ArgumentFormat } from './arguments.ts'
import type { VerbRun } from './session.ts'

export interface Verb extends ArgumentFormat {
  readonly name: string
  /** What follows the verb in its usage line. */
  readonly usage: string
  /** Lines for `help`. */
  readonly help: readonly string[]
  /** Verbs that only read do not make a root where none is: a mistyped --root should not leave a file system behind. */
  readonly reads: boolean
  readonly json?: boolean
  /** For verbs kept under an old name: what to type instead, and the flags that makes. */
  readonly deprecated?: { readonly insteadOf: string; readonly flags: readonly string[] }
  readonly load: () => Promise<VerbRun>
}

const any = Number.POSITIVE_INFINITY
const loadPut = async (): Promise<VerbRun> => (await import('./put.ts')).put
const loadGet = async (): Promise<VerbRun> => (await import('./get.ts')).get
const loadLs = async (): Promise<VerbRun> => (await import('./ls.ts')).ls
const loadRm = async (): Promise<VerbRun> => (await import('./rm.ts')).rm
const loadDu = async (): Promise<VerbRun> => (await import('./usage-of-space.ts')).du

const put = {
  usage: '[-f] [-p] [-d] <localsrc> ... <dst>',
  flags: ['f', 'p', 'd'],
  min: 1,
  max: any,
  reads: false,
  load: loadPut,
} as const

const get = {
  usage: '[-f] [-p] [-ignoreCrc] <src> ... <localdst>',
  flags: ['f', 'p', 'ignoreCrc'],
  min: 1,
  max: any,
  reads: true,
  load: loadGet,
} as const

/** Every verb there is, in the order of their names. Implementations are imported when their verb is used. */
export const verbs: readonly Verb[] = [
  {
    name: 'cat',
    usage: '[-ignoreCrc] <src> ...',
    help: [
      'Write files to stdout, one after the other.',
      '-ignoreCrc: accepted and ignored; what is read is always checked.',
    ],
    flags: ['ignoreCrc'],
    min: 1,
    max: any,
    reads: true,
    load: async () => (await import('./cat.ts')).cat,
  },
  { ...put, name: 'copyFromLocal', help: ['Identical to put.'] },
  { ...get, name: 'copyToLocal', help: ['Identical to get.'] },
  {
    name: 'count',
    usage: '[-h] [-v] <path> ...',
    help: ['Count directories, files and bytes under each path.', '-h: sizes for people. -v: a header line.'],
    flags: ['h', 'v'],
    min: 1,
    max: any,
    reads: true,
    json: true,
    load: async () => (await import('./usage-of-space.ts')).count,
  },
  {
    name: 'cp',
    usage: '[-f] [-p] [-d] <src> ... <dst>',
    help: [
      'Copy files and directories within the DFS. Several sources need a directory as destination.',
      '-f: overwrite. -p: keep times. -d: accepted; copies are never visible before they are whole.',
    ],
    flags: ['f', 'p', 'd'],
    min: 2,
    max: any,
    reads: false,
    load: async () => (await import('./cp.ts')).cp,
  },
  {
    name: 'du',
    usage: '[-s] [-h] [-v] [<path> ...]',
    help: [
      'Sizes: bytes, bytes with all replicas, path. Directories are shown by their entries.',
      '-s: the sum only. -h: sizes for people. -v: a header line.',
    ],
    flags: ['s', 'h', 'v'],
    min: 0,
    max: any,
    reads: true,
    json: true,
    load: loadDu,
  },
  {
    name: 'dus',
    usage: '',
    help: [],
    flags: ['h', 'v'],
    min: 0,
    max: any,
    reads: true,
    json: true,
    deprecated: { insteadOf: 'du -s', flags: ['s'] },
    load: loadDu,
  },
  {
    name: 'find',
    usage: '[<path> ...] [-name <glob>] [-iname <glob>] [-print] [-print0]',
    help: [
      'Paths below each path whose last name matches; all of several conditions have to hold.',
      '-iname: whatever the case. -print0: end each with a NUL, for xargs -0.',
    ],
    // The expression comes after the paths and is read by the verb itself.
    min: 0,
    max: any,
    reads: true,
    json: true,
    load: async () => (await import('./find.ts')).find,
  },
  {
    ...get,
    name: 'get',
    help: [
      'Copy files and directories out of the DFS; `-` as destination is stdout.',
      '-f: overwrite. -p: keep times and mode. -ignoreCrc: accepted and ignored.',
    ],
  },
  {
    name: 'getmerge',
    usage: '[-nl] [-skip-empty-file] <src> ... <localdst>',
    help: [
      'Join the files, and the files directly in directories, to one local file.',
      '-nl: a newline behind each. -skip-empty-file: none behind empty ones.',
    ],
    flags: ['nl', 'skip-empty-file'],
    min: 2,
    max: any,
    reads: true,
    load: async () => (await import('./getmerge.ts')).getmerge,
  },
  {
    name: 'head',
    usage: '<file>',
    help: ['The first kilobyte of a file.'],
    min: 1,
    max: 1,
    reads: true,
    load: async () => (await import('./cat.ts')).head,
  },
  {
    name: 'ls',
    usage: '[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [<path> ...]',
    help: [
      'List files, and the entries of directories: mode, replication, owner, group, bytes, time, path.',
      '-C: paths only. -d: directories themselves. -h: sizes for people. -q: ? for control characters.',
      '-R: all below. -t: newest first. -S: largest first. -r: the other way round. -u: time of last access.',
    ],
    flags: ['C', 'd', 'h', 'q', 'R', 't', 'S', 'r', 'u'],
    min: 0,
    max: any,
    reads: true,
    json: true,
    load: loadLs,
  },
  {
    name: 'lsr',
    usage: '',
    help: [],
    flags: ['C', 'd', 'h', 'q', 'R', 't', 'S', 'r', 'u'],
    min: 0,
    max: any,
    reads: true,
    json: true,
    deprecated: { insteadOf: 'ls -R', flags: ['R'] },
    load: loadLs,
  },
  {
    name: 'mkdir',
    usage: '[-p] <path> ...',
    help: ['Make directories.', '-p: parents as well, and no complaint about those that are there.'],
    flags: ['p'],
    min: 1,
    max: any,
    reads: false,
    load: async () => (await import('./directories.ts')).mkdir,
  },
  {
    name: 'mv',
    usage: '<src> ... <dst>',
    help: ['Move or rename within the DFS. Several sources need a directory as destination.'],
    min: 2,
    max: any,
    reads: false,
    load: async () => (await import('./mv.ts')).mv,
  },
  {
    ...put,
    name: 'put',
    help: [
      'Copy local files and directories into the DFS; `-` as source is stdin.',
      '-f: overwrite. -p: keep times. -d: accepted; copies are never visible before they are whole.',
    ],
  },
  {
    name: 'rm',
    usage: '[-f] [-r|-R] [-skipTrash] <src> ...',
    help: [
      'Delete files. There is no trash: deleted is gone.',
      '-f: no complaint about what is not there. -r, -R: directories with all below. -skipTrash: accepted.',
    ],
    flags: ['f', 'r', 'R', 'skipTrash'],
    min: 1,
    max: any,
    reads: false,
    load: loadRm,
  },
  {
    name: 'rmdir',
    usage: '[--ignore-fail-on-non-empty] <dir> ...',
    help: ['Delete empty directories.'],
    flags: ['-ignore-fail-on-non-empty'],
    min: 1,
    max: any,
    reads: false,
    load: async () => (await import('./directories.ts')).rmdir,
  },
  {
    name: 'rmr',
    usage: '',
    help: [],
    flags: ['f', 'skipTrash'],
    min: 1,
    max: any,
    reads: false,
    deprecated: { insteadOf: 'rm -r', flags: ['r'] },
    load: loadRm,
  },
  {
    name: 'setrep',
    usage: '[-R] [-w] <rep> <path> ...',
    help: [
      'Set how many replicas files have. Directories stand for all files below; it always waits until it is done.',
    ],
    flags: ['R', 'w'],
    min: 2,
    max: any,
    reads: false,
    load: async () => (await import('./setrep.ts')).setrep,
  },
  {
    name: 'stat',
    usage: '[format] <path> ...',
    help: [
      'A line about each path, %y if no format is given.',
      '%a %A mode in octal, in letters; %b bytes; %F type; %g group; %n name; %o block size; %r replication;',
      '%u owner; %x %X access, %y %Y modification: UTC date, milliseconds.',
    ],
    min: 1,
    max: any,
    reads: true,
    json: true,
    load: async () => (await import('./stat.ts')).stat,
  },
  {
    name: 'tail',
    usage: '<file>',
    help: ['The last kilobyte of a file.'],
    min: 1,
    max: 1,
    reads: true,
    load: async () => (await import('./cat.ts')).tail,
  },
  {
    name: 'test',
    usage: '-[defsz] <path>',
    help: ['Exit code 0 if: -d a directory, -e there, -f a file, -s not empty, -z empty. Else 1.'],
    flags: ['d', 'e', 'f', 's', 'z'],
    min: 1,
    max: 1,
    reads: true,
    load: async () => (await import('./test.ts')).test,
  },
  {
    name: 'text',
    usage: '[-ignoreCrc] <src> ...',
    help: ['Like cat, but files in gzip form are unpacked.'],
    flags: ['ignoreCrc'],
    min: 1,
    max: any,
    reads: true,
    load: async () => (await import('./cat.ts')).text,
  },
  {
    name: 'touch',
    usage: '[-a] [-m] [-t TIMESTAMP] [-c] <path> ...',
    help: [
      'Set the times of files to now, making those that are not there.',
      '-a: access only. -m: modification only. -t: this time, yyyyMMdd:HHmmss. -c: make none.',
    ],
    flags: ['a', 'm', 'c'],
    values: ['t'],
    min: 1,
    max: any,
    reads: false,
    load: async () => (await import('./touch.ts')).touch,
  },
  {
    name: 'touchz',
    usage: '<path> ...',
    help: ['Make empty files. A file with bytes in it is left alone, and said.'],
    min: 1,
    max: any,
    reads: false,
    load: async () => (await import('./touch.ts')).touchz,
  },
]
