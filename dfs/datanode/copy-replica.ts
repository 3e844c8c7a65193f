import { readBuffer } from '../base/bytes.ts'
import { checksumBytes, chunkChecksums } from '../base/data-checksum.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import type { DatanodeId } from '../base/ids.ts'
import type { BlockKey } from '../base/names.ts'
import type { TargetAddress } from '../rpc/datanode-protocol.ts'
import { type ChainFailure, ChainLink } from '../transfer/chain-link.ts'
import { type Committed, encodeHead, kinds } from '../transfer/format.ts'

export interface CopyParts {
  readonly env: Env
  readonly token: string
  readonly chunkBytes: number
  readonly packetBytes: number
}

/** Fills its target from a position; what it gives has been checked. */
export type ReadBytes = (target: Uint8Array, position: number) => Promise<unknown>

/**
 * Sends `length` bytes of a block along a chain and has them made durable there. `before` is waited for ahead of each packet.
 * Throws a ChainFailure where the chain breaks, and what `read` throws.
 */
export async function sendReplica(
  parts: CopyParts,
  key: BlockKey,
  length: number,
  chain: readonly [TargetAddress, ...TargetAddress[]],
  read: ReadBytes,
  before: (bytes: number) => Promise<void>,
): Promise<Committed> {
  const sending = await Sending.open(parts, key, chain)
  try {
    await sending.bytes(length, read, before)
    return await sending.link.commit(length)
  } finally {
    sending.link.close()
  }
}

/** Sends the first `length` bytes to one that is to go on from there; resolves when it has them. */
export async function sendBeginning(
  parts: CopyParts,
  key: BlockKey,
  length: number,
  target: TargetAddress,
  read: ReadBytes,
): Promise<void> {
  const sending = await Sending.open(parts, key, [target])
  try {
    await sending.bytes(length, read, async () => {})
    await sending.acknowledged(length)
  } finally {
    sending.link.close()
  }
}

class Sending {
  readonly link: ChainLink
  readonly #parts: CopyParts
  readonly #first: DatanodeId
  readonly #state: { acked: number; failure: ChainFailure | undefined; wake: (() => void) | undefined }

  private constructor(link: ChainLink, parts: CopyParts, first: DatanodeId, state: Sending['state']) {
    this.link = link
    this.#parts = parts
    this.#first = first
    this.#state = state
  }

  get state(): { acked: number; failure: ChainFailure | undefined; wake: (() => void) | undefined } {
    return this.#state
  }

  static async open(
    parts: CopyParts,
    key: BlockKey,
    chain: readonly [TargetAddress, ...TargetAddress[]],
  ): Promise<Sending> {
    const state: Sending['state'] = { acked: 0, failure: undefined, wake: undefined }
    const { env, token, chunkBytes } = parts
    const request = { ...key, chunkBytes, resumeAt: 0 }
    const link = await ChainLink.open(env, token, chain, request, {
      acked: (position) => {
        state.acked = position
        state.wake?.()
      },
      failed: (failure) => {
        state.failure = failure
        state.wake?.()
      },
    })
    return new Sending(link, parts, chain[0].id, state)
  }

  async bytes(length: number, read: ReadBytes, before: (bytes: number) => Promise<void>): Promise<void> {
    const { packetBytes, chunkBytes } = this.#parts
    const buffer = readBuffer(Math.min(packetBytes, Math.max(1, length)))
    for (let position = 0; position < length; position += buffer.length) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - position))
      await before(piece.length)
      await read(piece, position)
      const sums = chunkChecksums(piece, chunkBytes)
      await this.link.send(encodeHead(kinds.data, piece.length, position), checksumBytes(sums), piece)
      if (this.#state.failure !== undefined) throw this.#state.failure
    }
  }

  async acknowledged(length: number): Promise<void> {
    while (this.#state.acked < length) {
      if (this.#state.failure !== undefined) throw this.#state.failure
      await new Promise<void>((resolve) => {
        this.#state.wake = resolve
      })
    }
    if (length === 0 && this.#state.failure !== undefined) throw new DfsError('DFS_IO', `${this.#first} has failed`)
  }
}
