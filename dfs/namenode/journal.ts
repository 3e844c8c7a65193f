import { join } from 'node:path'
import { ByteWriter } from '../base/bytes.ts'
import { limits } from '../base/config.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import { type TransactionId, transactionId } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { journalName } from '../base/names.ts'
import { encodeFrame, encodeHeader, headerBytes } from './frame.ts'

/** Records of one frame that wait to be written. */
interface Batch {
  readonly first: number
  readonly payload: ByteWriter
  records: number
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * The write-ahead log. `append` takes a record into memory, `durable` writes and syncs what was appended; everyone who
 * waits at the same time shares one write and one fdatasync. After a write or sync has failed the journal is over: what
 * was written may or may not be there, so nothing is acknowledged any more until the root is opened again.
 */
export class Journal {
  readonly #disk: Disk
  readonly #directory: string
  #file: DiskFile
  #size: number
  #segmentFirst: number
  #lastTxid: number
  #durableTxid: number
  #batches: Batch[] = []
  #waiters: Waiter[] = []
  /** The batch that starts with this transaction begins a new segment. */
  #rollBefore: number | undefined
  #running: Promise<void> | undefined
  #failure: DfsError | undefined
  /** Since the last roll, for deciding when to make a checkpoint. */
  recordsSinceRoll = 0
  bytesSinceRoll = 0

  private constructor(
    disk: Disk,
    directory: string,
    file: DiskFile,
    segment: { first: number; size: number },
    lastTxid: number,
  ) {
    this.#disk = disk
    this.#directory = directory
    this.#file = file
    this.#size = segment.size
    this.#segmentFirst = segment.first
    this.#lastTxid = lastTxid
    this.#durableTxid = lastTxid
  }

  /** Goes on at the end of an existing segment, which has been cut behind its last whole frame. */
  static async resume(
    disk: Disk,
    directory: string,
    segment: { first: number; size: number },
    lastTxid: number,
  ): Promise<Journal> {
    const file = await disk.open(join(directory, journalName(segment.first)), 'append')
    return new Journal(disk, directory, file, segment, lastTxid)
  }

  static async create(disk: Disk, directory: string, lastTxid: number): Promise<Journal> {
    const file = await createSegment(disk, directory, lastTxid + 1)
    return new Journal(disk, directory, file, { first: lastTxid + 1, size: headerBytes }, lastTxid)
  }

  get lastTxid(): TransactionId {
    return transactionId(this.#lastTxid)
  }

  /** Everything up to and with this one is on the disk. */
  get durableTxid(): TransactionId {
    return transactionId(this.#durableTxid)
  }

  /** Throws if the journal has failed; every request asks first. */
  check(): void {
    if (this.#failure === undefined) return
    throw new DfsError(
      this.#failure.code,
      `the DFS stopped and has to be opened again; what made it stop: ${this.#failure.message}`,
      { cause: this.#failure },
    )
  }

  /**
   * Records given together, one behind the other in `encoded`, are on the disk together or not at all. Returns the
   * transaction of the last; the bytes may be reused then.
   */
  append(encoded: Uint8Array, records = 1): TransactionId {
    this.check()
    const bytes = encoded.length
    if (bytes > limits.recordBytesMax) {
      throw new DfsError('DFS_BAD_ARGUMENT', `the change takes ${bytes} bytes, over ${limits.recordBytesMax}`)
    }
    const first = this.#lastTxid + 1
    let batch = this.#batches.at(-1)
    const full = batch === undefined || batch.payload.length + bytes > limits.recordBytesMax
    if (batch === undefined || full || this.#rollBefore === first) {
      batch = { first, payload: new ByteWriter(4096), records: 0 }
      this.#batches.push(batch)
    }
    batch.payload.raw(encoded)
    batch.records += records
    this.#lastTxid += records
    this.recordsSinceRoll += records
    this.bytesSinceRoll += bytes
    return transactionId(this.#lastTxid)
  }

  /** Resolves when everything appended so far is on the disk. */
  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Closes the segment behind what was appended so far and begins another; returns the last transaction before the cut. */
  async roll(): Promise<TransactionId> {
    const last = this.#lastTxid
    if (this.#segmentFirst === last + 1) return transactionId(last)
    this.#rollBefore = last + 1
    this.recordsSinceRoll = 0
    this.bytesSinceRoll = 0
    await this.durable()
    return transactionId(last)
  }

  /** What was appended is written before; where that fails the journal is closed all the same. */
  async close(): Promise<void> {
    try {
      if (this.#batches.length > 0 && this.#failure === undefined) await this.durable()
      await this.#running
    } finally {
      await this.#file.close()
    }
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiters.length > 0) {
        const waiters = this.#waiters
        this.#waiters = []
        try {
          await this.#flush()
        } catch (error) {
          this.#failure = ioError(`writing the journal in ${this.#directory}`, error)
          for (const waiter of [...waiters, ...this.#waiters.splice(0)]) waiter.reject(this.#failure)
          return
        }
        for (const waiter of waiters) waiter.resolve()
      }
    } finally {
      this.#running = undefined
    }
  }

  async #flush(): Promise<void> {
    const batches = this.#batches
    this.#batches = []
    const rollBefore = this.#rollBefore
    for (const batch of batches) {
      if (batch.first === rollBefore) await this.#startSegment(rollBefore)
      const frame = encodeFrame(batch.first, batch.records, batch.payload.bytes())
      await this.#file.write(frame, this.#size)
      await this.#file.sync()
      this.#size += frame.length
      this.#durableTxid = batch.first + batch.records - 1
    }
    const next = batches.at(-1)
    if (
      rollBefore !== undefined &&
      this.#rollBefore === rollBefore &&
      (next === undefined || next.first < rollBefore)
    ) {
      await this.#startSegment(rollBefore)
    }
  }

  async #startSegment(first: number): Promise<void> {
    const old = this.#file
    this.#file = await createSegment(this.#disk, this.#directory, first)
    this.#size = headerBytes
    this.#segmentFirst = first
    if (this.#rollBefore === first) this.#rollBefore = undefined
    await old.close()
  }
}

async function createSegment(disk: Disk, directory: string, firstTxid: number): Promise<DiskFile> {
  const file = await disk.open(join(directory, journalName(firstTxid)), 'create')
  try {
    await file.write(encodeHeader('journal', firstTxid), 0)
    await file.sync()
    await disk.syncDirectory(directory)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
