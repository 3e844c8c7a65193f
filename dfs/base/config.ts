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
  /** Blocks copied at the same time to restore their replication. */
  readonly concurrentRepairs: number
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
  concurrentRepairs: 2,
}

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
  wholeNumber('concurrentRepairs', config.concurrentRepairs, 1, 64)
  if (config.packetBytes % config.chunkBytes !== 0) {
    throw new DfsError(
      'DFS_BAD_ARGUMENT',
      `packetBytes ${config.packetBytes} is not a whole number of chunks of ${config.chunkBytes} bytes`,
    )
  }
  return { ...config, racks }
}

/** Throws DFS_BAD_ARGUMENT unless `value` is a whole number from `min` to `max`. */
export function wholeNumber(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw new DfsError('DFS_BAD_ARGUMENT', `${name} is ${value}; it has to be a whole number from ${min} to ${max}`)
}
