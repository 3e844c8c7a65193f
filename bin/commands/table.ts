import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

/**
 * Every command there is. The summaries stand here and not in the modules, so that `quern --help` and a mistyped command
 * import nothing else. A command is listed only once it works.
 */
export const commands: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'the main job on real text, from nothing: put into a DFS, count words, show',
    load: async () => (await import('./demo.ts')).command,
  },
  {
    name: 'run',
    summary: 'run a job, bundled or your own .ts/.js file, over files or the DFS',
    load: async () => (await import('./run.ts')).command,
  },
  {
    name: 'jobs',
    summary: 'the bundled jobs, a line each',
    load: async () => (await import('./jobs.ts')).command,
  },
  {
    name: 'map',
    summary: 'the map of a job as a filter: stdin to key TAB value lines',
    load: async () => (await import('./stage.ts')).mapCommand,
  },
  {
    name: 'combine',
    summary: 'the combine of a job as a filter over sorted lines',
    load: async () => (await import('./stage.ts')).combineCommand,
  },
  {
    name: 'reduce',
    summary: 'the reduce of a job as a filter over sorted lines',
    load: async () => (await import('./stage.ts')).reduceCommand,
  },
  {
    name: 'get',
    summary: 'look up keys in a table that a job wrote',
    load: async () => (await import('./get.ts')).command,
  },
  {
    name: 'fs',
    summary: "the file system: hadoop fs's verbs, with or without the dash",
    load: async () => (await import('./fs.ts')).command,
  },
  {
    name: 'dfs',
    summary: 'start, stop and look after the file system: fsck, report, snapshots, quotas',
    load: async () => (await import('./dfs.ts')).command,
  },
  {
    name: 'namenode',
    summary: 'run the namenode of a DFS in the foreground',
    load: async () => (await import('./namenode.ts')).command,
  },
  {
    name: 'datanode',
    summary: 'run one datanode of a DFS in the foreground',
    load: async () => (await import('./datanode.ts')).command,
  },
]
