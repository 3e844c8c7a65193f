import { DfsError } from './errors.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Bounds on what may be asked for or read from disk. Lengths are checked against these before they are trusted. */
export const limits = {
  /** HDFS's own bound on one name of a path. */
  nameBytesMax: 255,
  pathBytesMax: 8000,
  pathDepthMax: 1000,
  /** HDFS's `fs-limits.max-directory-items`. */
  directoryEntriesMax: 1_048_576,
  blocksPerFileMax: 1_048_576,
  /** A `Map` ends at 2^24 entries; refusing earlier is better than a RangeError in the middle of a change. */
  blocksMax: 16_000_000,
  replicationMax: 512,
  datanodesMax: 64,
  blockSizeMax: 16 * 1024 * MiB,
  /** One journal record, e.g. a job commit that names its files. */
  recordBytesMax: 32 * MiB,
  /** One group commit or one section of an image. */
  frameBytesMax: 64 * MiB,
  /** Alternatives that the braces of one glob may expand to. */
  globExpansionsMax: 10_000,
  /** HDFS's. */
  snapshotsPerDirectoryMax: 65_536,
  /** Incidents kept for summaries; later ones are only counted. */
  incidentsMax: 1_000,
} as const

export interface DfsConfig {
  /** Bytes; a file's blocks are all this long but the last. */
  readonly blockSize: number
  readonly replication: number
  readonly datanodes: number
  readonly racks: number
  /** Bytes under one checksum. */
  readonly chunkBytes: number
  /** Bytes handed to the datanodes at once; whole chunks. */
  readonly packetBytes: number
  /** A checkpoint is made when the journal behind the last image passes either of these. */
  readonly checkpointRecords: number
  readonly checkpointBytes: number
  readonly imagesKept: number
  /** A file's last block that is shorter is written again with what is appended, instead of beginning another behind it. */
  readonly rewriteBlockBytes: number
  /** Blocks copied at the same time to restore their replication. */
  readonly concurrentRepairs: number

  /** How often a datanode is heard. */
  readonly heartbeatMillis: number
  /** Silence after which a datanode is asked last and given nothing new. */
  readonly staleMillis: number
  /** Silence after which its replicas count as lost. */
  readonly deadMillis: number
  /** A datanode's full report is asked for when the last is older. */
  readonly fullReportMillis: number

  /** Fraction of the blocks that have to be reported before anything is changed. */
  readonly safeModeThreshold: number
  /** Datanodes that have to be there as well. */
  readonly safeModeDatanodes: number
  /** How long safe mode goes on once all that is so. */
  readonly safeModeExtensionMillis: number

  /** Copies that one datanode makes at the same time. */
  readonly replicationStreamsPerNode: number
  /** Copies that one datanode is given to make, or to take, before it has finished any; and how many bytes (one copy in any case). */
  readonly replicationCopiesPerNode: number
  readonly replicationBytesPerNode: number
  /** Copies planned every `heartbeatMillis` for each live datanode, at most. */
  readonly replicationWorkMultiplier: number
  /** A copy or deletion that was ordered and of which nothing is heard is ordered anew. */
  readonly pendingTimeoutMillis: number
  /** A block that has just been completed, or could not be copied, is left alone as long. */
  readonly replicationRetryMillis: number
  readonly deletionsPerHeartbeat: number
  /** Of copies that restore or balance replication, for each datanode. */
  readonly replicationBytesPerSecond: number
  /** Every replica is read against its checksums once in this time; and no faster than this when one asks for it. */
  readonly scrubPeriodMillis: number
  readonly scrubBytesPerSecond: number
  /** A writer that has not been heard for this long has lost its files; they are as they were before it. */
  readonly leaseMillis: number
  /** Minutes that deleted files stay in their users' trash; 0: there is none. */
  readonly trashIntervalMinutes: number
  /** A deletion not begun as long after the heartbeat was sent is never begun. */
  readonly deletionsValidMillis: number
}

export const defaults: DfsConfig = {
  blockSize: 64 * MiB,
  replication: 3,
  datanodes: 3,
  racks: 2,
  chunkBytes: 64 * KiB,
  packetBytes: 1 * MiB,
  checkpointRecords: 100_000,
  checkpointBytes: 16 * MiB,
  imagesKept: 2,
  rewriteBlockBytes: 4 * MiB,
  concurrentRepairs: 2,

  heartbeatMillis: 200,
  staleMillis: 600,
  deadMillis: 2_000,
  fullReportMillis: 3_600_000,

  safeModeThreshold: 0.999,
  safeModeDatanodes: 0,
  safeModeExtensionMillis: 0,

  replicationStreamsPerNode: 2,
  replicationCopiesPerNode: 32,
  replicationBytesPerNode: 256 * MiB,
  replicationWorkMultiplier: 16,
  pendingTimeoutMillis: 30_000,
  replicationRetryMillis: 600,
  deletionsPerHeartbeat: 1_000,
  replicationBytesPerSecond: 100 * MiB,
  // HDFS's three weeks.
  scrubPeriodMillis: 504 * 3_600_000,
  scrubBytesPerSecond: 200 * MiB,
  leaseMillis: 60_000,
  // HDFS's own default.
  trashIntervalMinutes: 0,
  deletionsValidMillis: 1_000,
}

/** Every setting there is. */
export const settingNames: readonly string[] = Object.keys(defaults)

/** The defaults with `overrides`, each checked alone and against the others. DFS_BAD_ARGUMENT names the one that does not fit. */
export function resolveConfig(overrides: Partial<DfsConfig>): DfsConfig {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  const config: DfsConfig = { ...defaults, ...given }
  wholeNumber('datanodes', config.datanodes, 1, limits.datanodesMax)
  const racks = 'racks' in given ? config.racks : Math.min(config.racks, config.datanodes)
  wholeNumber('racks', racks, 1, config.datanodes)
  wholeNumber('blockSize', config.blockSize, 1, limits.blockSizeMax)
  wholeNumber('replication', config.replication, 1, limits.replicationMax)
  wholeNumber('chunkBytes', config.chunkBytes, 1, 16 * MiB)
  wholeNumber('packetBytes', config.packetBytes, config.chunkBytes, limits.frameBytesMax)
  wholeNumber('checkpointRecords', config.checkpointRecords, 1, Number.MAX_SAFE_INTEGER)
  wholeNumber('checkpointBytes', config.checkpointBytes, 1, Number.MAX_SAFE_INTEGER)
  wholeNumber('imagesKept', config.imagesKept, 1, 100)
  wholeNumber('rewriteBlockBytes', config.rewriteBlockBytes, 0, limits.blockSizeMax)
  wholeNumber('concurrentRepairs', config.concurrentRepairs, 1, 64)
  checkCare(config)
  if (config.packetBytes % config.chunkBytes !== 0) {
    throw new DfsError(
      'DFS_BAD_ARGUMENT',
      `packetBytes ${config.packetBytes} is not a whole number of chunks of ${config.chunkBytes} bytes`,
    )
  }
  return { ...config, racks }
}

/** What has to do with datanodes that come, go and are repaired. */
function checkCare(config: DfsConfig): void {
  wholeNumber('heartbeatMillis', config.heartbeatMillis, 10, 60_000)
  wholeNumber('replicationBytesPerSecond', config.replicationBytesPerSecond, KiB, Number.MAX_SAFE_INTEGER)
  wholeNumber('scrubBytesPerSecond', config.scrubBytesPerSecond, KiB, Number.MAX_SAFE_INTEGER)
  wholeNumber('scrubPeriodMillis', config.scrubPeriodMillis, 1000, 2 ** 31 - 1)
  wholeNumber('leaseMillis', config.leaseMillis, 1000, 86_400_000)
  // As far as a timer goes.
  wholeNumber('trashIntervalMinutes', config.trashIntervalMinutes, 0, 35_000)
  // With less, one heartbeat that is late makes a datanode stale.
  wholeNumber('staleMillis', config.staleMillis, 2 * config.heartbeatMillis, 3_600_000)
  wholeNumber('deadMillis', config.deadMillis, config.staleMillis + config.heartbeatMillis, 86_400_000)
  wholeNumber('fullReportMillis', config.fullReportMillis, config.deadMillis, 604_800_000)
  if (!(config.safeModeThreshold >= 0 && config.safeModeThreshold <= 1)) {
    throw new DfsError(
      'DFS_BAD_ARGUMENT',
      `safeModeThreshold is ${config.safeModeThreshold}; it has to be a fraction from 0 to 1`,
    )
  }
  wholeNumber('safeModeDatanodes', config.safeModeDatanodes, 0, limits.datanodesMax)
  wholeNumber('safeModeExtensionMillis', config.safeModeExtensionMillis, 0, 86_400_000)
  wholeNumber('replicationStreamsPerNode', config.replicationStreamsPerNode, 1, 64)
  wholeNumber('replicationCopiesPerNode', config.replicationCopiesPerNode, config.replicationStreamsPerNode, 10_000)
  wholeNumber('replicationBytesPerNode', config.replicationBytesPerNode, 1, Number.MAX_SAFE_INTEGER)
  wholeNumber('replicationWorkMultiplier', config.replicationWorkMultiplier, 1, 10_000)
  wholeNumber('replicationRetryMillis', config.replicationRetryMillis, 1, 3_600_000)
  wholeNumber('deletionsPerHeartbeat', config.deletionsPerHeartbeat, 1, 1_000_000)
  wholeNumber('deletionsValidMillis', config.deletionsValidMillis, config.heartbeatMillis, 3_600_000)
  // What is ordered anew, or thought over, must not be under way any more.
  wholeNumber('pendingTimeoutMillis', config.pendingTimeoutMillis, 2 * config.deletionsValidMillis, 3_600_000)
}

/** Throws DFS_BAD_ARGUMENT unless `value` is a whole number from `min` to `max`. */
export function wholeNumber(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw new DfsError('DFS_BAD_ARGUMENT', `${name} is ${value}; it has to be a whole number from ${min} to ${max}`)
}
