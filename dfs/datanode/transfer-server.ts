import * as z from 'zod'
import { limits } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { blockId, datanodeId, generationStamp } from '../base/ids.ts'
import type { Address, Channel, Listener } from '../base/net.ts'
import { FrameChannel } from '../rpc/frame.ts'
import { aliveDuring, failure, receiveHello } from '../rpc/hello.ts'
import { ChainFailure, failedOf } from '../transfer/chain-link.ts'
import type { Failure } from '../transfer/format.ts'
import type { ReplicasBeingWritten } from './being-written.ts'
import { type CopyParts, sendBeginning } from './copy-replica.ts'
import type { Datanode } from './datanode.ts'
import { ReplicaReceiver } from './receive-replica.ts'
import { serveReplica } from './serve-replica.ts'

const count = z.number().int().nonnegative()
const key = { block: count.transform(blockId), generation: count.transform(generationStamp) }
const target = z.object({
  id: z.string().max(200).transform(datanodeId),
  address: z.object({ host: z.string().max(255), port: count.max(65_535) }),
})
const shapes = {
  write: z.object({
    ...key,
    chunkBytes: count.min(1).max(limits.frameBytesMax),
    targets: z.array(target).max(limits.replicationMax),
    resumeAt: count,
  }),
  read: z.object(key),
  finish: z.object({ ...key, length: count }),
  copy: z.object({ ...key, length: count, target }),
} as const

export interface TransferParts extends CopyParts {
  readonly env: Env
  readonly datanode: Datanode
  readonly writing: ReplicasBeingWritten
  /** What only a bug can cause. */
  readonly onFault: (error: unknown) => void
}

/** Where a datanode's blocks come in and go out. */
export class TransferServer {
  readonly #parts: TransferParts
  readonly #channels = new Set<Channel>()
  #listener: Listener | undefined

  constructor(parts: TransferParts) {
    this.#parts = parts
  }

  async listen(address: Address): Promise<Address> {
    this.#listener = await this.#parts.env.net.listen(address, (channel) => {
      this.#channels.add(channel)
      channel.onEnd(() => this.#channels.delete(channel))
      void this.#serve(new FrameChannel(channel))
    })
    return this.#listener.address
  }

  async close(): Promise<void> {
    await this.#listener?.close()
    for (const channel of [...this.#channels]) channel.close()
  }

  async #serve(frames: FrameChannel): Promise<void> {
    try {
      const hello = await receiveHello(frames, this.#parts.token)
      await this.#purpose(frames, hello)
      frames.close()
    } catch (error) {
      const told =
        error instanceof z.ZodError ? new DfsError('DFS_PROTOCOL', 'a hello is malformed', { cause: error }) : error
      if (!(told instanceof DfsError)) this.#parts.onFault(told)
      else if (told.code !== 'DFS_UNREACHABLE' && told.code !== 'DFS_UNAUTHORIZED') frames.send(failure(told))
      frames.close()
    }
  }

  async #purpose(frames: FrameChannel, hello: Record<string, unknown>): Promise<void> {
    const { datanode, writing, env, token } = this.#parts
    switch (hello['purpose']) {
      case 'write': {
        const request = shapes.write.parse(hello)
        if (request.chunkBytes !== this.#parts.chunkBytes) {
          throw new DfsError(
            'DFS_PROTOCOL',
            `checksums of ${request.chunkBytes} bytes were announced, here they are of ${this.#parts.chunkBytes}`,
          )
        }
        return await new ReplicaReceiver({ id: datanode.id, env, token, writing }, frames, request).run()
      }
      case 'read':
        return await serveReplica(datanode, frames, shapes.read.parse(hello))
      case 'finish': {
        await aliveDuring(env, frames, this.#finish(shapes.finish.parse(hello)))
        frames.send({ ok: true })
        return
      }
      case 'copy': {
        const failed = await aliveDuring(env, frames, this.#copy(shapes.copy.parse(hello)))
        frames.send(failed === undefined ? { ok: true } : { ok: true, failed })
        return
      }
      default:
        throw new DfsError('DFS_PROTOCOL', `a datanode has no use for a connection to ${String(hello['purpose'])}`)
    }
  }

  /** Gives another the beginning of a block that is being written here; resolves to the other's failure. */
  async #copy(request: z.output<typeof shapes.copy>): Promise<Failure | undefined> {
    const { block, length, target } = request
    const entry = this.#parts.writing.get(block)
    if (entry === undefined || entry.writer.length < length) {
      throw new DfsError('DFS_NOT_FOUND', `the first ${length} bytes of block ${block} are not here`)
    }
    try {
      await sendBeginning(this.#parts, request, length, target, (bytes, position) =>
        entry.writer.readBack(bytes, position),
      )
      return undefined
    } catch (error) {
      if (!(error instanceof ChainFailure)) throw error
      return failedOf(error)
    }
  }

  /** A durable replica of a block of which everything has come, whether the end was heard here or not. */
  async #finish(request: z.output<typeof shapes.finish>): Promise<void> {
    const { datanode, writing } = this.#parts
    const entry = writing.get(request.block)
    if (entry === undefined) {
      await datanode.verifyReplica(request, request.length)
      return
    }
    if (entry.committing === undefined) await entry.release()
    if (entry.writer.length !== request.length || entry.generation !== request.generation) {
      throw new DfsError(
        'DFS_NOT_FOUND',
        `block ${request.block} has ${entry.writer.length} of ${request.length} bytes here`,
      )
    }
    await writing.commit(entry)
  }
}
