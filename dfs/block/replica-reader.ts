import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { firstBadChunk } from '../base/data-checksum.ts'
import { DfsError } from '../base/errors.ts'
import type { BadReplica, LocatedBlock, ReplicaLocation } from '../client/status.ts'
import { type BlockChecksums, decodeChecksumFile } from './format.ts'

/**
 * Positional, verified, synchronous reads of one DFS file by a thread of the same machine, straight from the replicas'
 * files. A read that starts on a multiple of `chunkBytes` and asks for a multiple of it is checked in place without a
 * copy; others go through a bounce buffer. A replica that is missing or fails its checksum is left for the next, and
 * named in `bad`; when none is left the read throws DFS_NO_REPLICA. Never returns unverified bytes.
 */
export interface ReplicaReader {
  readonly length: number
  readonly chunkBytes: number
  readonly bad: readonly BadReplica[]
  /** Reads up to `length` bytes at `position` into `target` at `offset`; fewer only at the end of the file. */
  readInto(target: Uint8Array, offset: number, position: number, length: number): number
  close(): void
}

export type OpenReplicaReader = (blocks: readonly LocatedBlock[], options?: { preferNode?: string }) => ReplicaReader

/** Replicas on `preferNode` are tried first. Nothing is opened before it is read. */
export const openReplicaReader: OpenReplicaReader = (blocks, options) => new FileReplicas(blocks, options?.preferNode)

const defaultChunkBytes = 64 * 1024
/** Blocks of one file kept open at the same time; a reader passes from one to the next and rarely goes back. */
const openBlocksMax = 8
/**
 * Data is at the start of a page in no buffer of ours: on some processors the kernel's copy into one that begins within the
 * first bytes of a page is several times slower.
 */
const bounceSlack = 64

/** A symbolic link planted in a data directory must not lead a read elsewhere. */
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW

/** One replica that is open. */
interface Replica {
  readonly location: ReplicaLocation
  readonly fd: number
  readonly checksums: BlockChecksums
}

/** Why a replica can't be used. Only passed about inside this file. */
class ReplicaFault extends Error {
  readonly reason: BadReplica['reason']

  constructor(reason: BadReplica['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

class FileReplicas implements ReplicaReader {
  readonly length: number
  readonly bad: BadReplica[] = []
  readonly #blocks: readonly LocatedBlock[]
  readonly #preferNode: string | undefined
  readonly #open = new Map<LocatedBlock, Replica>()
  #chunkBytes = defaultChunkBytes
  #bounce: Buffer | undefined
  #last: LocatedBlock | undefined
  #closed = false

  constructor(blocks: readonly LocatedBlock[], preferNode: string | undefined) {
    this.#blocks = blocks
    this.#preferNode = preferNode
    const last = blocks.at(-1)
    this.length = last === undefined ? 0 : last.offset + last.length
  }

  get chunkBytes(): number {
    return this.#chunkBytes
  }

  readInto(target: Uint8Array, offset: number, position: number, length: number): number {
    if (this.#closed) throw new DfsError('DFS_CLOSED', 'the reader is closed')
    if (offset < 0 || position < 0 || offset + length > target.length) {
      throw new RangeError(`${length} bytes at ${position} into a buffer of ${target.length} at ${offset}`)
    }
    const wanted = Math.max(0, Math.min(length, this.length - position))
    let done = 0
    while (done < wanted) {
      const block = this.#blockAt(position + done)
      const inside = position + done - block.offset
      const piece = Math.min(wanted - done, block.length - inside)
      this.#readBlock(block, target, offset + done, inside, piece)
      done += piece
    }
    return wanted
  }

  close(): void {
    this.#closed = true
    for (const { fd } of this.#open.values()) closeSync(fd)
    this.#open.clear()
    this.#bounce = undefined
  }

  #blockAt(position: number): LocatedBlock {
    const last = this.#last
    if (last !== undefined && position >= last.offset && position < last.offset + last.length) return last
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#blocks[middle]?.offset ?? 0) <= position) low = middle
      else high = middle - 1
    }
    const block = this.#blocks[low]
    if (block === undefined) throw new TypeError('a position behind the end of the file')
    this.#last = block
    return block
  }

  #readBlock(block: LocatedBlock, target: Uint8Array, offset: number, position: number, length: number): void {
    for (;;) {
      const replica = this.#replicaOf(block)
      try {
        this.#readReplica(replica, target, offset, position, length)
        return
      } catch (error) {
        this.#drop(block)
        this.#found(block, replica.location, error)
      }
    }
  }

  #readReplica(replica: Replica, target: Uint8Array, offset: number, position: number, length: number): void {
    const { chunkBytes, length: blockLength } = replica.checksums
    let done = 0
    while (done < length) {
      const at = position + done
      const rest = length - done
      const inside = at % chunkBytes
      const whole = at + rest === blockLength ? rest : rest - (rest % chunkBytes)
      if (inside === 0 && whole > 0) {
        readChunks(replica, target, offset + done, at, whole)
        done += whole
      } else {
        const start = at - inside
        const chunk = Math.min(chunkBytes, blockLength - start)
        if (this.#bounce === undefined || this.#bounce.length < bounceSlack + chunk) {
          this.#bounce = Buffer.allocUnsafeSlow(bounceSlack + chunkBytes)
        }
        readChunks(replica, this.#bounce, bounceSlack, start, chunk)
        const piece = Math.min(rest, chunk - inside)
        target.set(this.#bounce.subarray(bounceSlack + inside, bounceSlack + inside + piece), offset + done)
        done += piece
      }
    }
  }

  #replicaOf(block: LocatedBlock): Replica {
    const open = this.#open.get(block)
    if (open !== undefined) return open
    const preferred = this.#preferNode
    const order = [...block.replicas].sort(
      (a, b) => Number(b.datanode === preferred) - Number(a.datanode === preferred),
    )
    for (const location of order) {
      if (this.bad.some((bad) => bad.block === block.block && bad.datanode === location.datanode)) continue
      try {
        const replica = openReplica(block, location)
        this.#chunkBytes = replica.checksums.chunkBytes
        this.#evict()
        this.#open.set(block, replica)
        return replica
      } catch (error) {
        this.#found(block, location, error)
      }
    }
    throw this.#none(block)
  }

  #evict(): void {
    for (const [block] of this.#open) {
      if (this.#open.size < openBlocksMax) return
      this.#drop(block)
    }
  }

  #drop(block: LocatedBlock): void {
    const replica = this.#open.get(block)
    this.#open.delete(block)
    if (replica !== undefined) closeSync(replica.fd)
  }

  #found(block: LocatedBlock, location: ReplicaLocation, error: unknown): void {
    this.bad.push({
      block: block.block,
      datanode: location.datanode,
      path: location.dataFile,
      reason: error instanceof ReplicaFault ? error.reason : 'io',
      detail: error instanceof Error ? error.message : String(error),
    })
  }

  #none(block: LocatedBlock): DfsError {
    const tried = this.bad
      .filter((bad) => bad.block === block.block)
      .map((bad) => `${bad.datanode}: ${bad.reason}: ${bad.detail}`)
    return new DfsError(
      'DFS_NO_REPLICA',
      `no good replica of block ${block.block} (bytes ${block.offset} to ${block.offset + block.length} of its file) is left; ${
        tried.length === 0 ? 'none is known' : tried.join('; ')
      }`,
    )
  }
}

function openReplica(block: LocatedBlock, location: ReplicaLocation): Replica {
  const sums = attempt(location.checksumFile, () => readSmallFile(location.checksumFile))
  const checksums = decodeChecksumFile(sums, block.block, block.generation)
  if (typeof checksums === 'string') throw new ReplicaFault('corrupt', `${location.checksumFile}: ${checksums}`)
  if (checksums.length !== block.length) {
    throw new ReplicaFault('corrupt', `it is ${checksums.length} bytes long, ${block.length} were written`)
  }
  const fd = attempt(location.dataFile, () => openSync(location.dataFile, readOnly))
  return { location, fd, checksums }
}

function readSmallFile(path: string): Buffer {
  const fd = openSync(path, readOnly)
  try {
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Reads whole chunks and checks each in place. */
function readChunks(replica: Replica, target: Uint8Array, offset: number, position: number, length: number): void {
  const { dataFile } = replica.location
  const { chunkBytes, sums } = replica.checksums
  let read = 0
  while (read < length) {
    const more = attempt(dataFile, () => readSync(replica.fd, target, offset + read, length - read, position + read))
    if (more === 0) throw new ReplicaFault('corrupt', `${dataFile} ends at ${position + read}`)
    read += more
  }
  const bad = firstBadChunk(target, offset, length, sums, position / chunkBytes, chunkBytes)
  if (bad !== -1) {
    throw new ReplicaFault('corrupt', `${dataFile}: the chunk at ${bad * chunkBytes} fails its checksum`)
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new ReplicaFault(missing ? 'missing' : 'io', missing ? `there is no ${path}` : String(error))
  }
}
