import { any, type Verb } from './verb.ts'

const threads = [
  '-t: copies at once, 16 if not given. -q: accepted; how many files wait for their turn is bounded anyway.',
]

const put = {
  usage: '[-f] [-p | -p[topax]] [-l] [-d] [-t <copies>] [-q <queue>] <localsrc> ... <dst>',
  flags: ['f', 'p', 'l', 'd'],
  letters: { p: 'topax' },
  values: ['t', 'q'],
  min: 1,
  max: any,
  makesRoot: true,
} as const

const putHelp = [
  '-f: overwrite. -p: keep times, owner, group and mode as far as allowed; -ptop chooses.',
  '-l: one replica; HDFS would keep it in memory at first, here it is written like any other.',
  '-d: accepted; copies are never visible before they are whole.',
  ...threads,
]

const get = {
  usage: '[-f] [-p | -p[topax]] [-ignoreCrc] [-t <copies>] [-q <queue>] <src> ... <localdst>',
  flags: ['f', 'p', 'ignoreCrc'],
  letters: { p: 'topax' },
  values: ['t', 'q'],
  leftOut: {
    crc: 'the checksums lie beside the replicas and are verified on every read; checksum shows that of a file',
  },
  min: 1,
  max: any,
} as const

const getHelp = [
  '-f: overwrite. -p: keep times, mode, owner and group as far as allowed; -ptop chooses.',
  '-ignoreCrc: accepted and ignored; what is read is always checked.',
  ...threads,
]

const loadPut = async () => (await import('./put.ts')).put
const loadGet = async () => (await import('./get.ts')).get

/** Verbs that bring bytes in, out, and from one file to another. */
export const copyingVerbs: readonly Verb[] = [
  {
    name: 'appendToFile',
    usage: '[-n] <localsrc> ... <dst>',
    help: [
      'Add local files to the end of a file, all of them or nothing; `-` is stdin. The file is made if it is not there.',
      '-n: accepted; what is added always begins a block of its own, or writes the last one again.',
    ],
    flags: ['n'],
    min: 2,
    max: any,
    makesRoot: true,
    load: async () => (await import('./append.ts')).appendToFile,
  },
  { ...put, name: 'copyFromLocal', help: ['Identical to put.'], load: loadPut },
  { ...get, name: 'copyToLocal', help: ['Identical to get.'], makesRoot: false, load: loadGet },
  {
    name: 'cp',
    usage: '[-f] [-p | -p[topax]] [-d] [-t <copies>] [-q <queue>] <src> ... <dst>',
    help: [
      'Copy files and directories within the DFS. Several sources need a directory as destination.',
      '-f: overwrite. -p: keep times, ownership and permission; of [topax] t, o and p choose, a is as p, x is nothing.',
      '-d: accepted; copies are never visible before they are whole.',
      ...threads,
    ],
    flags: ['f', 'p', 'd'],
    letters: { p: 'topax' },
    values: ['t', 'q'],
    min: 2,
    max: any,
    makesRoot: true,
    load: async () => (await import('./cp.ts')).cp,
  },
  {
    ...get,
    name: 'get',
    help: ['Copy files and directories out of the DFS; `-` as destination is stdout.', ...getHelp],
    makesRoot: false,
    load: loadGet,
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
    makesRoot: false,
    load: async () => (await import('./getmerge.ts')).getmerge,
  },
  {
    ...put,
    name: 'moveFromLocal',
    help: [
      'Like put, and the source is removed once all of it is copied. An existing directory is not merged into.',
      ...putHelp,
    ],
    load: async () => (await import('./put.ts')).moveFromLocal,
  },
  {
    ...get,
    name: 'moveToLocal',
    help: ['Like get, and the source is deleted once all of it is copied and on the disk.', ...getHelp],
    makesRoot: false,
    load: async () => (await import('./get.ts')).moveToLocal,
  },
  {
    ...put,
    name: 'put',
    help: ['Copy local files and directories into the DFS; `-` as source is stdin.', ...putHelp],
    load: loadPut,
  },
]
