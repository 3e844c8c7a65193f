const KiB = 1024
const MiB = 1024 * KiB

/** Every number the master decides by, with its unit in its name. Tests shrink them; `checkLimits` holds their relations. */
export interface MasterLimits {
  /** Failures that are the task's own fault (user code, timeout, memory) before the job fails. */
  readonly taskAttemptsMax: number
  /** A running task whose progress row does not change for so long is ended. */
  readonly taskTimeoutMs: number
  /** A thread that has never moved yet (it is still loading the job) gets at least this. */
  readonly threadStartMs: number
  /** Losses of one task in a row (its thread died under it) before the job fails. */
  readonly lossesInARowMax: number
  /** Times one map is run again because its run file was lost. */
  readonly lostRunsMax: number
  /** How long an idle slot leaves a task to slots nearer to its data: for its rack, then for any place. */
  readonly rackDelayMs: number
  readonly anyDelayMs: number
  /** Whether an idle slot may run a second attempt of a task that is slow: whichever commits first is the task. */
  readonly speculate: boolean
  /** Slow is so many times the median of the finished tasks of its kind, and at least so long. */
  readonly speculativeFactor: number
  readonly speculativeMsMin: number
  readonly splitBytesMin: number
  readonly splitBytesMax: number
  /** Cuts fall on multiples of this, the unit a replica is checked in. */
  readonly cutBytes: number
  /** Small inputs are cut finer, so that every worker gets about so many tasks. */
  readonly splitsPerWorker: number
  /** The least a worker's buffers, table and arenas fit in. */
  readonly workerMemoryBytesMin: number
  /** Input bytes behind one automatic reducer. */
  readonly reducerInputBytes: number
  readonly automaticReducersMax: number
  /** A side of a join this large at most is broadcast without being asked for; gzip files count four times. */
  readonly broadcastInputBytesMax: number
  /** What the table of a broadcast side may take, once for all workers and beside `--memory`; beyond it the join is partitioned. */
  readonly broadcastTableBytesMax: number
  readonly reducersMax: number
  readonly workersMax: number
  readonly progressIntervalMs: number
  readonly watchdogIntervalMs: number
  /** V8 heap of one worker, for the user's own objects; buffers are outside it. */
  readonly workerHeapMiB: number
  /** How long a sample for an explanation may take. */
  readonly explainMsMax: number
  /** Task outputs made durable at the same time. */
  readonly commitsAtOnce: number
}

export const masterLimits: MasterLimits = {
  taskAttemptsMax: 4,
  taskTimeoutMs: 60_000,
  threadStartMs: 10_000,
  lossesInARowMax: 5,
  lostRunsMax: 4,
  rackDelayMs: 50,
  anyDelayMs: 100,
  speculate: false,
  speculativeFactor: 3,
  speculativeMsMin: 1000,
  splitBytesMin: MiB,
  splitBytesMax: 64 * MiB,
  cutBytes: 64 * KiB,
  splitsPerWorker: 3,
  workerMemoryBytesMin: 4 * MiB,
  reducerInputBytes: 128 * MiB,
  automaticReducersMax: 999,
  broadcastInputBytesMax: 16 * MiB,
  broadcastTableBytesMax: 64 * MiB,
  reducersMax: 99_999,
  workersMax: 256,
  progressIntervalMs: 100,
  watchdogIntervalMs: 100,
  workerHeapMiB: 1024,
  explainMsMax: 10_000,
  commitsAtOnce: 2,
}

/** Throws a `RangeError` when limits contradict each other: a programmer's mistake, never a user's. */
export function checkLimits(limits: MasterLimits): MasterLimits {
  const demand = (holds: boolean, rule: string): void => {
    if (!holds) throw new RangeError(`master limits: ${rule}`)
  }
  demand(limits.taskAttemptsMax >= 1, 'taskAttemptsMax is at least 1')
  demand(limits.lossesInARowMax >= 1, 'lossesInARowMax is at least 1')
  demand(limits.rackDelayMs <= limits.anyDelayMs, 'rackDelayMs is at most anyDelayMs')
  demand(limits.speculativeFactor > 1, 'speculativeFactor is above 1')
  demand(limits.splitBytesMin <= limits.splitBytesMax, 'splitBytesMin is at most splitBytesMax')
  demand(limits.automaticReducersMax <= limits.reducersMax, 'automaticReducersMax is at most reducersMax')
  demand(limits.taskTimeoutMs > 0, 'taskTimeoutMs is above 0')
  return limits
}
