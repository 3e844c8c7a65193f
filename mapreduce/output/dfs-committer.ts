import fs from 'node:fs/promises'
import path from 'node:path'
import { type DetachedWriter, type Dfs, DfsError, type FileId } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { namedPart, type OutputCommitter, successName } from './commit.ts'
import { diskError } from './disk.ts'
import { outputExists, refuseForeign } from './local-committer.ts'
import { namedFile } from './named-outputs.ts'

export interface DfsCommitterOptions {
  readonly dfs: Dfs
  /** Absolute path in the DFS. */
  readonly output: string
  readonly shownPath: string
  readonly overwrite: boolean
  /** Local directory for attempt files. */
  readonly scratch: string
}

/** Bytes carried at a time from an attempt file into the DFS. */
const copyBytes = 1024 * 1024

/**
 * Output in the DFS. An attempt writes to a local file; its commit uploads that as a detached file, durable but in no
 * directory; the job's commit is one journal record that makes the directory with all of them in it. The upload is the
 * master's: the DFS is open in its thread alone.
 */
export class DfsCommitter implements OutputCommitter {
  readonly shownPath: string
  readonly #options: DfsCommitterOptions
  readonly #committing = new Set<string>()
  readonly #files = new Map<string, FileId>()
  #published = false

  constructor(options: DfsCommitterOptions) {
    this.shownPath = options.shownPath
    this.#options = options
  }

  async prepare(): Promise<void> {
    const { dfs, output, overwrite, shownPath } = this.#options
    if (output === '/') throw new MrError('MR_USAGE', `The output can not be ${shownPath}, the root directory.`)
    const found = await dfs.find(output)
    if (found === undefined) {
      await this.#refuseFileAbove(output)
    } else if (found.kind === 'file') {
      throw new MrError(
        'MR_OUTPUT_EXISTS',
        `The output ${shownPath} is a file, and an output is a directory of part files. Choose another name.`,
      )
    } else if (!overwrite) {
      throw outputExists(shownPath)
    } else {
      refuseForeign(
        shownPath,
        (await dfs.list(output)).map((entry) => path.posix.basename(entry.path)),
      )
    }
  }

  attemptFile(part: string, attempt: number): string {
    return path.join(this.#options.scratch, `${part}.${attempt}`)
  }

  async commitTask(part: string, attempt: number, named: readonly string[] = []): Promise<boolean> {
    if (this.#committing.has(part)) {
      await this.discardTask(part, attempt)
      return false
    }
    this.#committing.add(part)
    const file = this.attemptFile(part, attempt)
    try {
      for (const name of named) this.#files.set(namedPart(part, name), await this.#upload([namedFile(file, name)]))
      this.#files.set(part, await this.#upload([file]))
    } catch (error) {
      this.#committing.delete(part)
      await this.#forget(named.map((name) => namedPart(part, name)))
      throw this.#explain(error)
    }
    await this.discardTask(part, attempt)
    return true
  }

  async keep(name: string, files: readonly string[]): Promise<void> {
    try {
      this.#files.set(name, await this.#upload(files))
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async discardTask(part: string, attempt: number): Promise<void> {
    const file = this.attemptFile(part, attempt)
    await fs.rm(file, { force: true })
    const beside = `${path.basename(file)}.`
    for (const entry of await fs.readdir(this.#options.scratch)) {
      if (entry.startsWith(beside)) await fs.rm(path.join(this.#options.scratch, entry), { force: true })
    }
  }

  async commitJob(parts: readonly string[]): Promise<void> {
    const { dfs, output, overwrite } = this.#options
    const files = parts.map((name) => {
      const file = this.#files.get(name)
      if (file === undefined) throw new Error(`commit of ${this.shownPath} without ${name}`)
      return { name, file }
    })
    try {
      const success = await (await dfs.createDetached()).close()
      this.#files.set(successName, success)
      await dfs.publish(output, [...files, { name: successName, file: success }], { overwrite })
    } catch (error) {
      throw this.#explain(error)
    }
    this.#published = true
  }

  async close(): Promise<void> {
    if (this.#published) return
    await this.#forget([...this.#files.keys()])
  }

  async #forget(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const file = this.#files.get(name)
      this.#files.delete(name)
      if (file !== undefined) await this.#options.dfs.discardDetached(file)
    }
  }

  /** One file of the DFS from local ones, one after the other. */
  async #upload(files: readonly string[]): Promise<FileId> {
    const writer = await this.#options.dfs.createDetached()
    try {
      for (const file of files) await copyInto(writer, file)
      return await writer.close()
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  async #refuseFileAbove(output: string): Promise<void> {
    for (let above = path.posix.dirname(output); above !== '/'; above = path.posix.dirname(above)) {
      const found = await this.#options.dfs.find(above)
      if (found?.kind === 'directory') return
      if (found?.kind === 'file') {
        throw new MrError(
          'MR_USAGE',
          `The output ${this.shownPath} can not be made: dfs:${above} is a file. Choose another output.`,
        )
      }
    }
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof DfsError)) return error
    if (error.code === 'DFS_EXISTS') {
      return new MrError(
        'MR_OUTPUT_EXISTS',
        `The output ${this.shownPath} was made by someone else while the job ran; it was left as it is. Choose another output and run the job again.`,
        { cause: error },
      )
    }
    const code = error.code === 'DFS_NO_SPACE' ? 'MR_NO_SPACE' : 'MR_IO'
    return new MrError(code, `The output ${this.shownPath} could not be stored: ${error.message}`, { cause: error })
  }
}

async function copyInto(writer: DetachedWriter, file: string): Promise<void> {
  let handle: fs.FileHandle
  try {
    handle = await fs.open(file, 'r')
  } catch (error) {
    throw diskError(error, 'reading', file)
  }
  try {
    const buffer = Buffer.allocUnsafeSlow(copyBytes)
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, copyBytes)
      if (bytesRead === 0) break
      await writer.write(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
