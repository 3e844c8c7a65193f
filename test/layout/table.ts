/**
 * Who may import whom, as data. A row is a folder (without what is below it); its targets are folders, or single files
 * where only a face is open. Files of one folder may always import each other, as long as no circle comes of it.
 */
export interface LayoutRow {
  /** Folders and files this folder may import. */
  readonly imports: readonly string[]
  /** Further ones it may only take types from: nothing of them is loaded. */
  readonly types?: readonly string[]
  /** npm packages it may load. None unless named. */
  readonly packages?: readonly string[]
}

/** How mapreduce sees the DFS: its face, and the readers that worker threads use without a client. */
const dfsFaces = ['dfs/index.ts', 'dfs/short-circuit.ts']

/** The errors alone, for what stands on the path from start to the first word: a face would load everything behind it. */
const errorFiles = ['dfs/base/errors.ts', 'mapreduce/base/errors.ts']

export const layout: Readonly<Record<string, LayoutRow>> = {
  'dfs/base': { imports: [] },
  'dfs/block': { imports: ['dfs/base'], types: ['dfs/client/dfs.ts'] },
  'dfs/namenode': { imports: ['dfs/base'], types: ['dfs/client/dfs.ts'] },
  'dfs/datanode': { imports: ['dfs/base', 'dfs/block'], types: ['dfs/client/dfs.ts'] },
  'dfs/client': { imports: ['dfs/base', 'dfs/block'] },
  'dfs/embedded': {
    imports: ['dfs/base', 'dfs/block', 'dfs/namenode', 'dfs/datanode', 'dfs/client'],
    packages: ['p-limit', 'picomatch'],
  },
  dfs: { imports: ['dfs/base', 'dfs/block', 'dfs/client', 'dfs/embedded'] },

  'mapreduce/base': { imports: [] },
  'mapreduce/record': { imports: ['mapreduce/base'], types: ['mapreduce/job.ts'] },
  'mapreduce/kernels': { imports: ['mapreduce/base', 'mapreduce/record'] },
  'mapreduce/input': { imports: ['mapreduce/base', 'mapreduce/record', 'mapreduce/kernels', ...dfsFaces] },
  'mapreduce/shuffle': { imports: ['mapreduce/base', 'mapreduce/record', 'mapreduce/kernels'] },
  'mapreduce/output': { imports: ['mapreduce/base', 'mapreduce/record', ...dfsFaces] },
  'mapreduce/map': { imports: [] },
  'mapreduce/reduce': { imports: ['mapreduce/base', 'mapreduce/record'] },
  'mapreduce/worker': { imports: [] },
  'mapreduce/master': { imports: ['mapreduce/base', 'mapreduce/output', 'mapreduce/job.ts', ...dfsFaces] },
  mapreduce: { imports: ['mapreduce/base'] },

  jobs: { imports: ['mapreduce/index.ts'] },
  datasets: { imports: [] },

  bin: { imports: ['bin/commands', 'bin/terminal', ...errorFiles], packages: ['commander'] },
  'bin/commands': {
    imports: [
      'bin/commands/fs',
      'bin/commands/dfs',
      'bin/terminal',
      ...dfsFaces,
      'mapreduce/index.ts',
      'jobs',
      'datasets',
      ...errorFiles,
    ],
    packages: ['commander'],
  },
  'bin/commands/fs': {
    imports: ['bin/commands', 'bin/terminal', 'dfs/index.ts', ...errorFiles],
    packages: ['p-limit', 'picomatch', 'tinyglobby'],
  },
  'bin/commands/dfs': { imports: ['bin/terminal', 'dfs/index.ts'] },
  'bin/terminal': { imports: [] },

  bench: { imports: ['bench/families', 'datasets'] },
  'bench/families': { imports: ['bench'], packages: [] },
  scripts: { imports: [] },
}

/** Files that decide and never act, and what they may not reach, directly or through what they load. */
export interface PureCore {
  readonly files: readonly string[]
  readonly modules: readonly string[]
  readonly names: readonly string[]
}

export const pureCore: PureCore = {
  files: [
    'dfs/namenode/block-map.ts',
    'dfs/namenode/decide.ts',
    'dfs/namenode/namespace.ts',
    'dfs/namenode/placement.ts',
    'mapreduce/master/schedule.ts',
    'mapreduce/master/splits.ts',
  ],
  modules: [
    'node:fs',
    'node:fs/promises',
    'node:net',
    'node:http',
    'node:timers',
    'node:timers/promises',
    'node:worker_threads',
    'node:child_process',
  ],
  names: [
    'Date.now',
    'new Date',
    'performance.now',
    'process.hrtime',
    'Math.random',
    'setTimeout',
    'setInterval',
    'setImmediate',
  ],
}

/** Names that say nothing of a file's subject. */
export const forbiddenFileNames = ['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'misc', 'shared']

export const LINES_MAX = 400

/** Files over the limit, each with its own: a subject that would not be clearer in two. */
export const longFileLimits: Readonly<Record<string, number>> = {}
