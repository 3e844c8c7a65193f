import type { Dfs } from '../../../dfs/index.ts'
import type { LineWriter } from '../../terminal/output.ts'
import type { CommandIo } from '../command.ts'
import type { ArgumentFormat } from '../fs/arguments.ts'
import {
  checkFsckOptions,
  nameQuotaOf,
  safeModeActionOf,
  spaceQuotaOf,
  thresholdOf,
  type VerbWords,
} from './operands.ts'

/** A verb's words and where it speaks. */
export interface DfsCall extends VerbWords {
  readonly io: CommandIo
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
  /** UsageError for words that no DFS would make right. */
  readonly check?: (words: VerbWords) => unknown
}

export type DfsVerb = DfsVerbWords &
  (
    | { readonly needs: 'dfs'; readonly load: () => Promise<DfsVerbRun> }
    | { readonly needs: 'root'; readonly load: () => Promise<RootVerbRun> }
  )

const any = Number.POSITIVE_INFINITY

/** Every verb there is. Implementations are imported when their verb is used. */
export const dfsVerbs: readonly DfsVerb[] = [
  {
    name: 'start',
    usage: '[--datanodes N] [--racks R] [--http-port N] [--set NAME=VALUE,...]',
    help: [
      'start a namenode and N datanodes (default 3) in the background',
      'What runs already stays; it returns when safe mode is left. --racks: of a new root (default 2).',
      '--http-port: of WebHDFS (default 9870, or any if that is taken). --set: settings, as docs/dfs.md lists them; the root',
      'keeps them for whoever opens it, until they are set anew. NAME=default takes one back. quern dfs status shows them.',
    ],
    values: ['datanodes', 'racks', 'http-port', 'set'],
    min: 0,
    max: 0,
    needs: 'root',
    load: async () => (await import('./start.ts')).runStart,
  },
  {
    name: 'stop',
    usage: '',
    help: ['end the namenode and the datanodes'],
    min: 0,
    max: 0,
    needs: 'root',
    load: async () => (await import('./stop.ts')).runStop,
  },
  {
    name: 'status',
    usage: '',
    help: ['what runs, where it listens, safe mode', 'Exit code 1 when no namenode runs.'],
    min: 0,
    max: 0,
    json: true,
    needs: 'root',
    load: async () => (await import('./status.ts')).runStatus,
  },
  {
    name: 'fsck',
    usage:
      '[PATH] [-list-corruptfileblocks | [-move] [-delete] [-openforwrite] [-files [-blocks [-locations | -racks]]]] [-includeSnapshots] [-verify]',
    help: [
      'health of the files below PATH (default /)',
      '-files, -blocks, -locations, -racks: every file, its blocks, their datanodes, with racks.',
      '-openforwrite: files being written. -includeSnapshots: files of snapshots as well.',
      '-list-corruptfileblocks: only the blocks that no datanode has, and their files.',
      '-move: copies what can be read of damaged files to /lost+found. -delete: deletes them.',
      '-verify: reads every replica against its checksums.',
      'Exit code 1 when a file can not be read whole any more.',
    ],
    flags: [
      'list-corruptfileblocks',
      'move',
      'delete',
      'openforwrite',
      'files',
      'blocks',
      'locations',
      'racks',
      'includeSnapshots',
      'verify',
    ],
    leftOut: { storagepolicies: 'there are no storage policies', maintenance: 'there is no maintenance state' },
    min: 0,
    max: 1,
    json: true,
    check: checkFsckOptions,
    needs: 'dfs',
    load: async () => (await import('./fsck.ts')).runFsck,
  },
  {
    name: 'report',
    usage: '[-live] [-dead] [-stale] [-decommissioning]',
    help: ['datanodes, racks, capacity and use', '-live, -dead, -stale, -decommissioning: only these datanodes.'],
    flags: ['live', 'dead', 'stale', 'decommissioning'],
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
  {
    name: 'recover',
    usage: '',
    help: [
      'make a damaged namespace one that can be opened, by giving up what can not be read',
      'For when opening it says where it is damaged. What is given up is set aside, not deleted.',
    ],
    min: 0,
    max: 0,
    needs: 'root',
    load: async () => (await import('./recover.ts')).runRecover,
  },
  {
    name: 'safemode',
    usage: '[enter|leave|get|wait]',
    help: ['whether anything may be changed, and what it waits for', 'enter, leave: by hand. wait: until it is off.'],
    min: 0,
    max: 1,
    json: true,
    check: safeModeActionOf,
    needs: 'dfs',
    load: async () => (await import('./safe-mode.ts')).runSafeMode,
  },
  {
    name: 'balance',
    usage: '[--threshold PERCENT]',
    help: [
      'move replicas until the datanodes are used alike',
      '--threshold: how far from the mean each may be, of its capacity (default 10). Exit code 1 when that can not be had.',
    ],
    values: ['threshold'],
    min: 0,
    max: 0,
    json: true,
    check: thresholdOf,
    needs: 'dfs',
    load: async () => (await import('./balance.ts')).runBalance,
  },
  {
    name: 'decommission',
    usage: '[-w] DATANODE...',
    help: ["copy a datanode's blocks elsewhere, so that it can be stopped", '-w: wait until that is so.'],
    flags: ['w'],
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./decommission.ts')).runDecommission,
  },
  {
    name: 'recommission',
    usage: 'DATANODE...',
    help: ['take a datanode back into service'],
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./decommission.ts')).runRecommission,
  },
  {
    name: 'scrub',
    usage: '',
    help: ['read every replica against its checksums, replace bad ones', 'Exit code 1 when there were any.'],
    min: 0,
    max: 0,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./scrub.ts')).runScrub,
  },
  {
    name: 'allowSnapshot',
    usage: 'DIR...',
    help: ['snapshots may be made of a directory from now on (quern fs createSnapshot)'],
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./snapshots.ts')).allowSnapshot,
  },
  {
    name: 'disallowSnapshot',
    usage: 'DIR...',
    help: ['no more; all snapshots of it have to be deleted first'],
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./snapshots.ts')).disallowSnapshot,
  },
  {
    name: 'lsSnapshottableDir',
    usage: '',
    help: [
      'directories of which snapshots may be made',
      'mode, owner, group, time, how many snapshots there are and may be, path.',
    ],
    min: 0,
    max: 0,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./snapshots.ts')).lsSnapshottableDir,
  },
  {
    name: 'lsSnapshot',
    usage: 'DIR',
    help: ['the snapshots of a directory', 'mode, owner, group, when it was made, number, state, path.'],
    min: 1,
    max: 1,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./snapshots.ts')).lsSnapshot,
  },
  {
    name: 'snapshotDiff',
    usage: 'DIR FROM TO',
    help: [
      'what changed from one snapshot of a directory to another',
      '. stands for the present. + made, - deleted, M modified, R renamed.',
    ],
    min: 3,
    max: 3,
    json: true,
    needs: 'dfs',
    load: async () => (await import('./snapshots.ts')).snapshotDiff,
  },
  {
    name: 'setQuota',
    usage: 'N DIR...',
    help: ['at most N files and directories below each directory, itself included'],
    min: 2,
    max: any,
    check: nameQuotaOf,
    needs: 'dfs',
    load: async () => (await import('./quotas.ts')).setQuota,
  },
  {
    name: 'clrQuota',
    usage: 'DIR...',
    help: ['no limit on names any more'],
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./quotas.ts')).clrQuota,
  },
  {
    name: 'setSpaceQuota',
    usage: 'BYTES[k|m|g|t] DIR...',
    help: [
      'at most so many bytes below each directory, every replica counted',
      'A block is counted whole when it is begun: the space of a full block on every replica has to be left.',
    ],
    leftOut: { storageType: 'there are no storage types' },
    min: 2,
    max: any,
    check: spaceQuotaOf,
    needs: 'dfs',
    load: async () => (await import('./quotas.ts')).setSpaceQuota,
  },
  {
    name: 'clrSpaceQuota',
    usage: 'DIR...',
    help: ['no limit on bytes any more'],
    leftOut: { storageType: 'there are no storage types' },
    min: 1,
    max: any,
    needs: 'dfs',
    load: async () => (await import('./quotas.ts')).clrSpaceQuota,
  },
]
