import type { Dfs } from '../../../dfs/index.ts'
import type { LineWriter } from '../../terminal/output.ts'
import type { CommandIo } from '../command.ts'
import type { ArgumentFormat, ParsedArguments } from '../fs/arguments.ts'

/** A verb's words and where it speaks. */
export interface DfsCall extends ParsedArguments {
  readonly io: CommandIo
  readonly json: boolean
  readonly out: LineWriter
  /** The OS directory the DFS lives under. */
  readonly root: string
}

/** Resolves to the exit code. */
export type DfsVerbRun = (dfs: Dfs, call: DfsCall) => Promise<number>
/** For verbs that start, stop or are a daemon: there may be no DFS to open yet. */
export type RootVerbRun = (call: DfsCall) => Promise<number>

interface DfsVerbWords extends ArgumentFormat {
  readonly name: string
  /** What follows the verb in its usage line. */
  readonly usage: string
  /** Lines for `--help`; the first stands in the list of verbs. */
  readonly help: readonly string[]
  readonly json?: boolean
}

export type DfsVerb = DfsVerbWords &
  (
    | { readonly needs: 'dfs'; readonly load: () => Promise<DfsVerbRun> }
    | { readonly needs: 'root'; readonly load: () => Promise<RootVerbRun> }
  )

/** Every verb there is. Implementations are imported when their verb is used. */
export const dfsVerbs: readonly DfsVerb[] = [
  {
    name: 'fsck',
    usage: '[PATH] [-files] [-blocks] [-locations] [-verify]',
    help: [
      'health of the files below PATH (default /)',
      '-verify reads every replica against its checksums.',
      'Exit code 1 when a file can not be read whole any more.',
    ],
    flags: ['files', 'blocks', 'locations', 'verify'],
    min: 0,
    max: 1,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./fsck-verb.ts')).runFsck,
  },
  {
    name: 'report',
    usage: '',
    help: ['datanodes, racks, capacity and use'],
    min: 0,
    max: 0,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./report.ts')).runReport,
  },
  {
    name: 'checkpoint',
    usage: '',
    help: ['write the namespace as an image and start a new journal'],
    min: 0,
    max: 0,
    needs: 'dfs',
    load: async () => (await import('./checkpoint.ts')).runCheckpoint,
  },
]
