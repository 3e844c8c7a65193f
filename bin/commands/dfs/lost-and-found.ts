import { type Dfs, DfsError, type DfsWriter } from '../../../dfs/index.ts'

const stepBytes = 1024 * 1024

export interface Salvaged {
  readonly directory: string
  /** Runs of bytes that could be read, each a file `0`, `1`, … of the directory. */
  readonly chains: number
  readonly bytes: number
}

/**
 * Copies what can still be read of a damaged file to `/lost+found/<its path>/0`, `1`, …: a file for each run of bytes without a
 * hole. The damaged file stays, as in HDFS. Undefined when an earlier run has salvaged it: more may have been there then.
 */
export async function salvage(dfs: Dfs, path: string): Promise<Salvaged | undefined> {
  const directory = `/lost+found${path}`
  if ((await dfs.find(directory)) !== undefined) return undefined
  const chains = new Chains(dfs, directory)
  const blocks = await dfs.locate(path)
  const reader = await dfs.open(path)
  const buffer = Buffer.allocUnsafe(stepBytes)
  try {
    await dfs.mkdir(directory, { parents: true })
    for (const { offset, length } of blocks) {
      for (let position = offset; position < offset + length; ) {
        const wanted = buffer.subarray(0, Math.min(stepBytes, offset + length - position))
        const read = await readOrHole(() => reader.read(wanted, position))
        if (read === undefined) {
          await chains.end()
          break
        }
        await chains.write(wanted.subarray(0, read))
        position += read
      }
    }
    await chains.end()
  } catch (error) {
    await chains.abort()
    throw error
  } finally {
    await reader.close()
  }
  return { directory, chains: chains.count, bytes: chains.bytes }
}

async function readOrHole(read: () => Promise<number>): Promise<number | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof DfsError && error.code === 'DFS_NO_REPLICA') return undefined
    throw error
  }
}

class Chains {
  count = 0
  bytes = 0
  readonly #dfs: Dfs
  readonly #directory: string
  #writer: DfsWriter | undefined

  constructor(dfs: Dfs, directory: string) {
    this.#dfs = dfs
    this.#directory = directory
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#writer ??= await this.#dfs.create(`${this.#directory}/${this.count++}`)
    await this.#writer.write(bytes)
    this.bytes += bytes.length
  }

  async end(): Promise<void> {
    await this.#writer?.close()
    this.#writer = undefined
  }

  async abort(): Promise<void> {
    await this.#writer?.abort()
  }
}
