import { ByteWriter } from '../base/bytes.ts'
import type { DfsConfig } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { encodeImage, type Section } from './image.ts'
import type { Block } from './inode.ts'
import type { Journal } from './journal.ts'
import type { Namespace } from './namespace.ts'
import { encodeRecord, type JournalRecord } from './records.ts'
import { prune, recoverNamespace, writeImage } from './storage.ts'

export interface DurableOptions {
  readonly env: Env
  readonly directory: string
  readonly config: DfsConfig
  /** The root was never made to its end. */
  readonly unfinished?: boolean
  /** Blocks whose last file is durably gone: their replicas are to be deleted. */
  readonly onDead: (blocks: readonly Block[]) => void
  /** The same blocks, in the turn in which they lose their file. */
  readonly onDropped?: (blocks: readonly Block[]) => void
  /** Throws while nothing may be changed. */
  readonly mayChange?: () => void
}

/** Who asked, as an RPC tells requests apart. */
export interface RequestName {
  readonly client: string
  readonly sequence: number
}

const encodedBytesKept = 64 * 1024

/**
 * The state machine with its journal: a record is applied and journalled in one turn of the event loop, and what rests on
 * it is answered once it is durable. Images are written when the journal has grown.
 */
export class DurableNamespace {
  readonly state: Namespace
  readonly notes: string[]
  readonly #journal: Journal
  readonly #options: DurableOptions
  /** Used for each record anew. */
  #encoded = new ByteWriter()
  #checkpointing: Promise<void> | undefined
  #checkpointFailure: unknown
  #dead: { readonly behind: number; readonly blocks: readonly Block[] }[] = []

  private constructor(options: DurableOptions, state: Namespace, journal: Journal, notes: readonly string[]) {
    this.#options = options
    this.state = state
    this.#journal = journal
    this.notes = [...notes]
  }

  static async open(options: DurableOptions): Promise<DurableNamespace> {
    const recovered = await recoverNamespace(options.env.disk, options.directory, options.unfinished)
    const durable = new DurableNamespace(options, recovered.state, recovered.journal, recovered.notes)
    try {
      if (recovered.checkpointNeeded) await durable.checkpoint()
    } catch (error) {
      await durable.close()
      throw error
    }
    return durable
  }

  /** Nothing was ever written to it. */
  get isNew(): boolean {
    return this.#journal.lastTxid === 0
  }

  /** Throws if the journal has failed: the state may then be ahead of what will be there after the next open. */
  check(): void {
    this.#journal.check()
  }

  /**
   * The request at work in this turn of the event loop. What it changes is journalled with its answer, so that it changes
   * nothing when it comes again, even to a namenode that was started anew.
   */
  request: RequestName | undefined

  /** What a request that comes again was told, as JSON text. */
  answered({ client, sequence }: RequestName): string | undefined {
    return this.state.answers.lookup(client, sequence)
  }

  /** The record is in the state when this returns, and on the disk when `durable` resolves. */
  change(record: JournalRecord, answer: unknown = null): void {
    this.#options.mayChange?.()
    const { request } = this
    this.request = undefined
    // What one large record needed is not kept.
    if (this.#encoded.length > encodedBytesKept) this.#encoded = new ByteWriter()
    const encoded = this.#encoded
    encoded.clear()
    encodeRecord(record, encoded)
    if (request === undefined) {
      this.#journal.append(encoded.bytes())
    } else {
      const time = this.#options.env.now()
      const told = { type: 'answer', ...request, answer: JSON.stringify(answer), time } as const
      // In one group commit: a change without its answer would be made again.
      encodeRecord(told, encoded)
      this.#journal.append(encoded.bytes(), 2)
      this.state.apply(told)
    }
    this.state.apply(record)
    this.#queueDead()
  }

  async commit(record: JournalRecord | undefined, answer?: unknown): Promise<void> {
    if (record !== undefined) this.change(record, answer)
    // Also where nothing had to change: the answer may rest on a change by someone else that is not durable yet.
    await this.durable()
  }

  async durable(): Promise<void> {
    await this.#journal.durable()
    this.#announceDead()
    const { checkpointRecords, checkpointBytes } = this.#options.config
    if (this.#journal.recordsSinceRoll >= checkpointRecords || this.#journal.bytesSinceRoll >= checkpointBytes) {
      this.#startCheckpoint()
    }
  }

  /** Replicas go only when the record that took their file is durable: until then a crash brings the file back. */
  #queueDead(): void {
    const blocks = this.state.takeDead()
    if (blocks.length === 0) return
    this.#options.onDropped?.(blocks)
    this.#dead.push({ behind: this.#journal.lastTxid, blocks })
  }

  #announceDead(): void {
    if (this.#dead.length === 0) return
    const ready = this.#dead.filter(({ behind }) => behind <= this.#journal.durableTxid)
    if (ready.length === 0) return
    this.#dead = this.#dead.filter(({ behind }) => behind > this.#journal.durableTxid)
    this.#options.onDead(ready.flatMap(({ blocks }) => blocks))
  }

  /** Writes an image of everything up to now and removes what it makes superfluous. */
  async checkpoint(): Promise<void> {
    await this.#checkpointing?.catch(() => undefined)
    this.#startCheckpoint()
    await this.#checkpointing
    if (this.#checkpointFailure !== undefined) throw this.#checkpointFailure
  }

  #startCheckpoint(): void {
    this.#checkpointFailure = undefined
    this.#checkpointing ??= this.#writeCheckpoint()
      .catch((error: unknown) => {
        this.#checkpointFailure = error
        this.notes.push(`a checkpoint failed: ${error instanceof Error ? error.message : String(error)}`)
      })
      .finally(() => {
        this.#checkpointing = undefined
      })
  }

  async #writeCheckpoint(): Promise<void> {
    const { env, directory, config } = this.#options
    this.#journal.check()
    // In one turn: the sections and the cut in the journal are at the same transaction.
    const sections: Section[] = [...encodeImage(this.state)]
    const txid = await this.#journal.roll()
    await writeImage(env.disk, directory, txid, sections)
    await prune(env.disk, directory, config.imagesKept)
  }

  async close(): Promise<void> {
    await this.#checkpointing
    await this.#journal.close()
  }
}
