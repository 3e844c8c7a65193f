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

/** How mapreduce sees the DFS: its face, and the reader that worker threads use without a client. */
const dfsFaces = ['dfs/index.ts', 'dfs/short-circuit.ts']

/** The errors alone, for what stands on the path from start to the first word: a face would load everything behind it. */
const errorFiles = ['dfs/base/errors.ts', 'mapreduce/base/errors.ts']

/** How bin wires jobs: each of these only where a command that runs one is asked for. */
const jobWiring = [
  'mapreduce/master/explain.ts',
  'mapreduce/master/load-job.ts',
  'mapreduce/master/input-names.ts',
  'mapreduce/master/load-params.ts',
  'mapreduce/base/nearest-name.ts',
  'mapreduce/master/run-job.ts',
  'mapreduce/master/side-data.ts',
  'mapreduce/output/format.ts',
  'mapreduce/stage',
  'mapreduce/task/engine-job.ts',
  // How `get` reads what a job wrote.
  'mapreduce/input/table-parts.ts',
  'mapreduce/master/inputs.ts',
  'mapreduce/master/remote-inputs.ts',
  'mapreduce/master/scratch.ts',
  'mapreduce/output/disk.ts',
  'mapreduce/output/plain-value.ts',
  'mapreduce/record',
  'mapreduce/table',
  'mapreduce/task/side-file.ts',
]

/** What a job may name in place of a function. */
const reductions = [
  'mapreduce/shuffle/aggregate.ts',
  'mapreduce/shuffle/pass-through.ts',
  'mapreduce/shuffle/range.ts',
  'mapreduce/shuffle/stats-fold.ts',
]

/** What every part of the engine stands on. */
const ground = ['mapreduce/base', 'mapreduce/record']
/** Types that the parts of the engine have in common: what a task is told, and what a user writes. */
const contracts = ['mapreduce/master/task.ts', 'mapreduce/job.ts', 'dfs/index.ts']

export const layout: Readonly<Record<string, LayoutRow>> = {
  'dfs/base': { imports: [] },
  'dfs/block': { imports: ['dfs/base'], types: ['dfs/client/status.ts'] },
  'dfs/namenode': { imports: ['dfs/base', 'dfs/namenode/decide'], types: ['dfs/client'] },
  'dfs/namenode/blocks': { imports: ['dfs/base', 'dfs/namenode'], types: ['dfs/client'] },
  'dfs/namenode/decide': { imports: ['dfs/base', 'dfs/namenode'] },
  // What goes between processes: requests and answers, and blocks.
  'dfs/rpc': { imports: ['dfs/base'], types: ['dfs/client'], packages: ['zod'] },
  'dfs/transfer': { imports: ['dfs/base', 'dfs/rpc'], types: ['dfs/client', 'dfs/block'] },
  'dfs/datanode': {
    imports: ['dfs/base', 'dfs/block', 'dfs/rpc', 'dfs/transfer'],
    types: ['dfs/client'],
    packages: ['p-limit', 'zod'],
  },
  // The files that make a directory a root, and say who serves it.
  'dfs/root': { imports: ['dfs/base', 'dfs/namenode/placement.ts', 'dfs/namenode/salvage.ts'] },
  // The client knows the protocol of the namenode and the datanodes, never their code.
  'dfs/client': { imports: ['dfs/base', 'dfs/block'] },
  'dfs/embedded': {
    imports: ['dfs/base', 'dfs/block', 'dfs/namenode', 'dfs/datanode', 'dfs/client', 'dfs/root'],
    packages: ['p-limit'],
  },
  'dfs/remote': { imports: ['dfs/base', 'dfs/block', 'dfs/client', 'dfs/root', 'dfs/rpc', 'dfs/transfer'] },
  // The namenode as a process: what embedded is for one process, over sockets.
  'dfs/daemon': {
    imports: [
      'dfs/base',
      'dfs/namenode',
      'dfs/namenode/blocks',
      'dfs/datanode',
      'dfs/client',
      'dfs/remote',
      'dfs/root',
      'dfs/rpc',
      'dfs/webhdfs/server',
    ],
  },
  // What server and client of WebHDFS have in common.
  'dfs/webhdfs': { imports: ['dfs/base'], types: ['dfs/client/status.ts'] },
  'dfs/webhdfs/server': {
    imports: ['dfs/base', 'dfs/webhdfs'],
    types: ['dfs/client/dfs.ts', 'dfs/client/file-system.ts', 'dfs/client/status.ts'],
  },
  'dfs/webhdfs/client': {
    imports: ['dfs/base', 'dfs/client', 'dfs/webhdfs'],
    packages: ['zod'],
  },
  dfs: {
    imports: [
      'dfs/base',
      'dfs/block',
      'dfs/client',
      'dfs/embedded',
      'dfs/remote',
      'dfs/root',
      'dfs/daemon',
      'dfs/webhdfs/server',
      'dfs/webhdfs/client',
    ],
  },

  'mapreduce/base': { imports: [] },
  'mapreduce/record': { imports: ['mapreduce/base'], types: ['mapreduce/job.ts'] },
  'mapreduce/kernels': { imports: ground },
  'mapreduce/input': { imports: [...ground, 'mapreduce/kernels', 'mapreduce/table', ...dfsFaces], types: contracts },
  'mapreduce/shuffle': { imports: [...ground, 'mapreduce/kernels'], types: contracts },
  // A table file is blocks as a run has them, with an index.
  'mapreduce/table': { imports: [...ground, 'mapreduce/shuffle'] },
  'mapreduce/output': { imports: [...ground, 'mapreduce/table', 'dfs/index.ts'], types: contracts },
  'mapreduce/task': {
    imports: [
      ...ground,
      'mapreduce/master/task.ts',
      'mapreduce/kernels',
      'mapreduce/shuffle',
      'mapreduce/input',
      'mapreduce/output',
    ],
    types: contracts,
  },
  'mapreduce/join': {
    imports: [
      ...ground,
      'mapreduce/kernels',
      'mapreduce/input',
      'mapreduce/shuffle',
      'mapreduce/output',
      'mapreduce/task',
    ],
    types: contracts,
  },
  // Map and reduce never import each other: they meet in the run file, which is the shuffle's.
  'mapreduce/map': {
    imports: [
      ...ground,
      'mapreduce/kernels',
      'mapreduce/input',
      'mapreduce/shuffle',
      'mapreduce/output',
      'mapreduce/task',
      'mapreduce/join',
    ],
    types: contracts,
  },
  'mapreduce/reduce': {
    imports: [...ground, 'mapreduce/shuffle', 'mapreduce/output', 'mapreduce/task'],
    types: contracts,
  },
  'mapreduce/worker': {
    imports: [
      ...ground,
      'mapreduce/kernels',
      'mapreduce/shuffle',
      'mapreduce/input',
      'mapreduce/output',
      'mapreduce/task',
      'mapreduce/map',
      'mapreduce/reduce',
      'mapreduce/join',
      'mapreduce/flow',
      'mapreduce/table',
      'dfs/short-circuit.ts',
    ],
    types: contracts,
  },
  // One stage of a job as a filter: what a worker runs, over lines instead of splits and runs.
  'mapreduce/stage': {
    imports: [
      ...ground,
      'mapreduce/kernels',
      'mapreduce/input',
      'mapreduce/shuffle',
      'mapreduce/output',
      'mapreduce/task',
    ],
    types: contracts,
  },
  // Stages of a flow, made of what its author wrote: the same in the master and in every worker.
  'mapreduce/flow': {
    imports: [...ground, 'mapreduce/input/format.ts', 'mapreduce/output/format.ts', ...reductions],
    types: [...contracts, 'mapreduce/task', 'mapreduce/join/define.ts'],
  },
  // The master starts workers by their entry's address and imports nothing of what runs in them.
  'mapreduce/master': {
    imports: [
      'mapreduce/base',
      'mapreduce/input/file-shape.ts',
      'mapreduce/input/format.ts',
      'mapreduce/input/format-problem.ts',
      'mapreduce/input/inspect.ts',
      'mapreduce/input/quote-table.ts',
      'mapreduce/output',
      ...reductions,
      'mapreduce/task/built-in-map.ts',
      'mapreduce/task/join-choice.ts',
      'mapreduce/flow',
      'mapreduce/job.ts',
      'dfs/index.ts',
    ],
    packages: ['esbuild', 'p-limit', 'piscina', 'tinyglobby'],
  },
  mapreduce: {
    imports: [
      ...ground,
      'mapreduce/input/format.ts',
      'mapreduce/output/format.ts',
      ...reductions,
      'mapreduce/join/define.ts',
      'mapreduce/flow/define.ts',
      'mapreduce/flow/graph.ts',
      'mapreduce/flow/rows.ts',
      'mapreduce/master/run-job.ts',
      'mapreduce/task/built-in-map.ts',
    ],
  },

  jobs: { imports: ['mapreduce/index.ts'] },
  datasets: { imports: [] },

  bin: { imports: ['bin/commands', 'bin/terminal', ...errorFiles] },
  'bin/commands': {
    imports: [
      'bin/commands/fs',
      'bin/commands/dfs',
      'bin/terminal',
      'jobs',
      'datasets',
      'dfs/index.ts',
      ...errorFiles,
      ...jobWiring,
    ],
    types: ['mapreduce/job.ts'],
    packages: ['commander'],
  },
  'bin/commands/fs': {
    imports: ['bin/commands', 'bin/terminal', 'dfs/index.ts', ...errorFiles],
    packages: ['p-limit', 'split2', 'tinyglobby'],
  },
  // Both take words and paths apart alike, and say the same of what they find.
  'bin/commands/dfs': {
    imports: [
      'bin/commands',
      'bin/commands/fs/arguments.ts',
      'bin/commands/fs/failure.ts',
      'bin/commands/fs/mode.ts',
      'bin/commands/fs/path.ts',
      'bin/commands/fs/time.ts',
      'bin/terminal',
      'dfs/index.ts',
      ...errorFiles,
    ],
  },
  'bin/terminal': { imports: ['mapreduce/base/counters.ts'], types: jobWiring },

  bench: { imports: ['bench/families', 'datasets'] },
  'bench/families': { imports: ['bench', 'datasets'] },
  // Measures the inside, so it reaches for it.
  'bench/namenode': {
    imports: ['bench', 'dfs/base', 'dfs/block', 'dfs/namenode', 'dfs/embedded', 'dfs/client', 'dfs/remote'],
  },
  scripts: { imports: [], packages: ['esbuild'] },
}

/** Files that decide and never act, and what they may not reach, directly or through what they load. */
export interface PureCore {
  readonly files: readonly string[]
  readonly modules: readonly string[]
  readonly names: readonly string[]
}

export const pureCore: PureCore = {
  files: [
    'dfs/namenode/apply-attributes.ts',
    'dfs/namenode/attribute-pool.ts',
    'dfs/namenode/block-map.ts',
    'dfs/namenode/blocks/backlog.ts',
    'dfs/namenode/blocks/bad-replicas.ts',
    'dfs/namenode/blocks/balancer.ts',
    'dfs/namenode/blocks/block-management.ts',
    'dfs/namenode/blocks/commands.ts',
    'dfs/namenode/blocks/copy-orders.ts',
    'dfs/namenode/blocks/copy-work.ts',
    'dfs/namenode/blocks/datanode-state.ts',
    'dfs/namenode/blocks/datanode-table.ts',
    'dfs/namenode/blocks/decommission.ts',
    'dfs/namenode/blocks/deletion-queue.ts',
    'dfs/namenode/blocks/deletion-work.ts',
    'dfs/namenode/blocks/heartbeats.ts',
    'dfs/namenode/blocks/redundancy.ts',
    'dfs/namenode/blocks/replica-ledger.ts',
    'dfs/namenode/blocks/reports.ts',
    'dfs/namenode/blocks/safe-mode.ts',
    'dfs/namenode/blocks/summary.ts',
    'dfs/namenode/blocks/sweep.ts',
    'dfs/namenode/blocks/targets.ts',
    'dfs/namenode/decide.ts',
    'dfs/namenode/decide/attributes.ts',
    'dfs/namenode/decide/concat.ts',
    'dfs/namenode/decide/create.ts',
    'dfs/namenode/decide/guards.ts',
    'dfs/namenode/decide/making.ts',
    'dfs/namenode/decide/move.ts',
    'dfs/namenode/decide/publish.ts',
    'dfs/namenode/decide/snapshot.ts',
    'dfs/namenode/decide/write.ts',
    'dfs/namenode/frame.ts',
    'dfs/namenode/image.ts',
    'dfs/namenode/image-loader.ts',
    'dfs/namenode/inode.ts',
    'dfs/namenode/lookup.ts',
    'dfs/namenode/namespace.ts',
    'dfs/namenode/permission.ts',
    'dfs/namenode/placement.ts',
    'dfs/namenode/quotas.ts',
    'dfs/namenode/record-types.ts',
    'dfs/namenode/records.ts',
    'dfs/namenode/replica-sets.ts',
    'dfs/namenode/replication.ts',
    'dfs/namenode/retry-cache.ts',
    'dfs/namenode/snapshot-diff.ts',
    'dfs/namenode/snapshots.ts',
    'dfs/namenode/view.ts',
    'mapreduce/master/locality.ts',
    'mapreduce/master/plan.ts',
    'mapreduce/master/bad-record-search.ts',
    'mapreduce/master/schedule.ts',
    'mapreduce/master/speculation.ts',
    'mapreduce/master/schedule-state.ts',
    'mapreduce/master/splits.ts',
    'mapreduce/master/watchdog.ts',
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
