import { join } from 'node:path'
import { firstBadChunk } from '../base/data-checksum.ts'
import { type Disk, type DiskFile, errorCode } from '../base/disk.ts'
import { DfsError } from '../base/errors.ts'
import type { GenerationStamp } from '../base/ids.ts'
import { ioError } from '../base/io-error.ts'
import { type BlockKey, blockNames, dataNameOf, isChecksumName, parseBlockName } from '../base/names.ts'
import type { BlockReader, BlockStore, BlockWriter } from './block-store.ts'
import { type BlockChecksums, checksumFileBytesMax, decodeChecksumFile, encodeChecksumFile } from './format.ts'

/** Replicas as files of one directory, which is one datanode's disk. */
export class DiskBlockStore implements BlockStore {
  readonly chunkBytes: number
  readonly #disk: Disk
  readonly #directory: string
  #attempts = 0

  private constructor(disk: Disk, directory: string, chunkBytes: number) {
    this.#disk = disk
    this.#directory = directory
    this.chunkBytes = chunkBytes
  }

  /** Makes the directories where they are missing. */
  static async open(disk: Disk, directory: string, chunkBytes: number): Promise<DiskBlockStore> {
    try {
      await disk.makeDirectory(blockNames.directory(directory))
      await disk.makeDirectory(blockNames.temporaries(directory))
      await disk.syncDirectory(directory)
    } catch (error) {
      throw ioError(`opening the datanode directory ${directory}`, error)
    }
    return new DiskBlockStore(disk, directory, chunkBytes)
  }

  async create(key: BlockKey): Promise<BlockWriter> {
    const attempt = ++this.#attempts
    const files = {
      datanode: this.#directory,
      temporaryData: blockNames.temporaryData(this.#directory, key, attempt),
      temporaryChecksum: blockNames.temporaryChecksum(this.#directory, key, attempt),
    }
    const data = blockNames.data(this.#directory, key)
    if (await this.#disk.exists(data)) {
      throw new DfsError('DFS_EXISTS', `block ${key.block} generation ${key.generation} is there already: ${data}`)
    }
    try {
      const file = await this.#disk.open(files.temporaryData, 'create')
      return new DiskBlockWriter(this.#disk, key, files, file, this.chunkBytes)
    } catch (error) {
      throw ioError(`making ${files.temporaryData}`, error)
    }
  }

  open(key: BlockKey): Promise<BlockReader> {
    const dataFile = blockNames.data(this.#directory, key)
    return openReplicaFiles(this.#disk, { dataFile, checksumFile: blockNames.checksum(this.#directory, key) }, key)
  }

  async delete(key: BlockKey): Promise<boolean> {
    try {
      // Data first: without it the rest is no replica any more, whatever happens next.
      const there = await this.#disk.remove(blockNames.data(this.#directory, key))
      await this.#disk.remove(blockNames.checksum(this.#directory, key))
      return there
    } catch (error) {
      throw ioError(`deleting block ${key.block} in ${this.#directory}`, error)
    }
  }

  async list(): Promise<BlockKey[]> {
    return pair(await this.#names()).replicas
  }

  async sweep(): Promise<{ removed: number; replicas: BlockKey[] }> {
    const temporaries = blockNames.temporaries(this.#directory)
    const { replicas, orphans } = pair(await this.#names())
    let removed = 0
    try {
      for (const name of await this.#disk.list(temporaries)) {
        if (await this.#disk.remove(join(temporaries, name))) removed++
      }
      for (const key of orphans) if (await this.#disk.remove(blockNames.checksum(this.#directory, key))) removed++
    } catch (error) {
      throw ioError(`sweeping ${this.#directory}`, error)
    }
    return { removed, replicas }
  }

  async #names(): Promise<string[]> {
    try {
      return await this.#disk.list(blockNames.directory(this.#directory))
    } catch (error) {
      throw ioError(`listing ${this.#directory}`, error)
    }
  }
}

/** Opens a replica by its two files, whoever's they are: for a reader on the same machine as the datanode. */
export async function openReplicaFiles(
  disk: Disk,
  { dataFile, checksumFile }: { readonly dataFile: string; readonly checksumFile: string },
  key: BlockKey,
): Promise<BlockReader> {
  const checksums = await readChecksums(disk, checksumFile, key)
  try {
    const file = await disk.open(dataFile, 'read')
    return new DiskBlockReader(dataFile, file, checksums)
  } catch (error) {
    throw missingOr(dataFile, error)
  }
}

async function readChecksums(disk: Disk, path: string, key: BlockKey): Promise<BlockChecksums> {
  let bytes: Buffer
  try {
    bytes = await disk.readFile(path, checksumFileBytesMax)
  } catch (error) {
    throw missingOr(path, error)
  }
  const checksums = decodeChecksumFile(bytes, key.block, key.generation)
  if (typeof checksums === 'string') throw new DfsError('DFS_CORRUPT_REPLICA', `${path}: ${checksums}`)
  return checksums
}

interface ReplicaFiles {
  readonly datanode: string
  readonly temporaryData: string
  readonly temporaryChecksum: string
}

class DiskBlockWriter implements BlockWriter {
  readonly #disk: Disk
  #key: BlockKey
  readonly #files: ReplicaFiles
  readonly #chunkBytes: number
  #file: DiskFile | undefined
  #sums: number[] = []
  #length = 0
  #over = false

  constructor(disk: Disk, key: BlockKey, files: ReplicaFiles, file: DiskFile, chunkBytes: number) {
    this.#disk = disk
    this.#key = key
    this.#files = files
    this.#file = file
    this.#chunkBytes = chunkBytes
  }

  async write(bytes: Uint8Array, sums: Uint32Array): Promise<void> {
    if (this.#length % this.#chunkBytes !== 0)
      throw new TypeError('only the last write of a block may end inside a chunk')
    try {
      await this.#open().write(bytes, this.#length)
    } catch (error) {
      throw ioError(`writing ${this.#files.temporaryData}`, error)
    }
    this.#length += bytes.length
    for (const sum of sums) this.#sums.push(sum)
  }

  async readBack(target: Uint8Array, position: number): Promise<Uint32Array> {
    const chunk = position / this.#chunkBytes
    const sums = Uint32Array.from(this.#sums.slice(chunk, chunk + Math.ceil(target.length / this.#chunkBytes)))
    let read: number
    try {
      read = await this.#open().read(target, position)
    } catch (error) {
      throw ioError(`reading back ${this.#files.temporaryData}`, error)
    }
    if (read !== target.length || firstBadChunk(target, 0, target.length, sums, 0, this.#chunkBytes) !== -1) {
      throw new DfsError('DFS_CORRUPT_REPLICA', `${this.#files.temporaryData} does not hold what was written to it`)
    }
    return sums
  }

  get length(): number {
    return this.#length
  }

  async rewind(length: number): Promise<void> {
    if (length > this.#length || (length % this.#chunkBytes !== 0 && length !== this.#length)) {
      throw new TypeError('a block can be rewound to one of its chunks only')
    }
    this.#length = length
    this.#sums.length = Math.ceil(length / this.#chunkBytes)
    try {
      await this.#open().truncate(length)
    } catch (error) {
      throw ioError(`rewinding ${this.#files.temporaryData}`, error)
    }
  }

  async commit(generation?: GenerationStamp): Promise<number> {
    const file = this.#open()
    if (generation !== undefined) this.#key = { block: this.#key.block, generation }
    const { datanode, temporaryData, temporaryChecksum } = this.#files
    const data = blockNames.data(datanode, this.#key)
    const checksumFile = blockNames.checksum(datanode, this.#key)
    try {
      // Both to their end, also where one fails: nothing may still be at work on files that `abort` removes.
      for (const result of await Promise.allSettled([file.sync(), this.#writeChecksums()])) {
        if (result.status === 'rejected') throw result.reason
      }
      await file.close()
      this.#file = undefined
      // The checksum file first: a data file that is there has its checksums.
      await this.#disk.rename(temporaryChecksum, checksumFile)
      await this.#disk.rename(temporaryData, data)
      await this.#disk.syncDirectory(blockNames.directory(datanode))
    } catch (error) {
      throw ioError(`committing ${data}`, error)
    }
    this.#over = true
    return this.#length
  }

  async #writeChecksums(): Promise<void> {
    const bytes = encodeChecksumFile({
      block: this.#key.block,
      generation: this.#key.generation,
      length: this.#length,
      chunkBytes: this.#chunkBytes,
      sums: Uint32Array.from(this.#sums),
    })
    const file = await this.#disk.open(this.#files.temporaryChecksum, 'create')
    try {
      await file.write(bytes, 0)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async abort(): Promise<void> {
    if (this.#over) return
    this.#over = true
    const failures: unknown[] = []
    const attempt = async (action: () => Promise<unknown>): Promise<void> => {
      await action().catch((error: unknown) => failures.push(error))
    }
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) await attempt(() => file.close())
    const { datanode, temporaryData, temporaryChecksum } = this.#files
    const data = blockNames.data(datanode, this.#key)
    const checksumFile = blockNames.checksum(datanode, this.#key)
    for (const path of [temporaryData, temporaryChecksum, data, checksumFile])
      await attempt(() => this.#disk.remove(path))
    if (failures.length > 0) throw ioError(`dropping ${temporaryData}`, failures[0])
  }

  #open(): DiskFile {
    if (this.#file === undefined) throw new TypeError('the writer has been committed or aborted')
    return this.#file
  }
}

class DiskBlockReader implements BlockReader {
  readonly length: number
  readonly #path: string
  readonly #file: DiskFile
  readonly #checksums: BlockChecksums
  /** The last chunk read for a request that began or ended inside it. */
  #bounce: Buffer | undefined
  #bounceChunk = -1

  constructor(path: string, file: DiskFile, checksums: BlockChecksums) {
    this.#path = path
    this.#file = file
    this.#checksums = checksums
    this.length = checksums.length
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const { chunkBytes } = this.#checksums
    const wanted = Math.max(0, Math.min(target.length, this.length - position))
    let done = 0
    while (done < wanted) {
      const at = position + done
      const rest = wanted - done
      const inside = at % chunkBytes
      const whole = at + rest === this.length ? rest : rest - (rest % chunkBytes)
      if (inside === 0 && whole > 0) {
        await this.#chunks(target.subarray(done, done + whole), at)
        done += whole
      } else {
        const chunk = await this.#chunk((at - inside) / chunkBytes)
        const piece = chunk.subarray(inside, Math.min(chunk.length, inside + rest))
        target.set(piece, done)
        done += piece.length
      }
    }
    return wanted
  }

  async #chunk(index: number): Promise<Buffer> {
    const { chunkBytes } = this.#checksums
    const start = index * chunkBytes
    this.#bounce ??= Buffer.allocUnsafeSlow(Math.min(chunkBytes, this.length))
    const chunk = this.#bounce.subarray(0, Math.min(chunkBytes, this.length - start))
    if (this.#bounceChunk === index) return chunk
    this.#bounceChunk = -1
    await this.#chunks(chunk, start)
    this.#bounceChunk = index
    return chunk
  }

  /** Reads and checks whole chunks. */
  async #chunks(target: Uint8Array, position: number): Promise<void> {
    const { chunkBytes, sums } = this.#checksums
    let read: number
    try {
      read = await this.#file.read(target, position)
    } catch (error) {
      throw ioError(`reading ${this.#path} at ${position}`, error)
    }
    if (read < target.length) {
      throw new DfsError('DFS_CORRUPT_REPLICA', `${this.#path} ends at ${position + read}, not at ${this.length}`)
    }
    const bad = firstBadChunk(target, 0, target.length, sums, position / chunkBytes, chunkBytes)
    if (bad === -1) return
    throw new DfsError('DFS_CORRUPT_REPLICA', `${this.#path}: the chunk at ${bad * chunkBytes} fails its checksum`)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/**
 * Replicas, and checksum files without data: their writer ended between the two renames or their deleter between the two
 * removals. Data without its checksums is no replica, but it is left where it is: it may be the last copy.
 */
function pair(names: readonly string[]): { replicas: BlockKey[]; orphans: BlockKey[] } {
  const data = new Map<string, BlockKey>()
  for (const name of names) {
    const parsed = isChecksumName(name) ? undefined : parseBlockName(name)
    if (parsed !== undefined) data.set(name, { block: parsed.block, generation: parsed.generation })
  }
  const replicas: BlockKey[] = []
  const orphans: BlockKey[] = []
  for (const name of names) {
    if (!isChecksumName(name)) continue
    const replica = data.get(dataNameOf(name))
    if (replica !== undefined) {
      replicas.push(replica)
      continue
    }
    const parsed = parseBlockName(name)
    if (parsed !== undefined) orphans.push({ block: parsed.block, generation: parsed.generation })
  }
  return { replicas, orphans }
}

function missingOr(path: string, error: unknown): DfsError {
  if (errorCode(error) === 'ENOENT') return new DfsError('DFS_NOT_FOUND', `there is no ${path}`, { cause: error })
  return ioError(`opening ${path}`, error)
}
