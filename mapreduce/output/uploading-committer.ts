import fs from 'node:fs/promises'
import path from 'node:path'
import { DfsError, type FileSystem } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { namedPart, type OutputCommitter } from './commit.ts'
import { diskError } from './disk.ts'
import { outputExists, refuseForeign } from './local-committer.ts'
import { namedFile } from './named-outputs.ts'

export interface UploadingOptions {
  /** Absolute path in the file system. */
  readonly output: string
  readonly shownPath: string
  readonly overwrite: boolean
  /** Local directory for attempt files. */
  readonly scratch: string
}

/** Bytes carried at a time from an attempt file into the file system. */
const copyBytes = 1024 * 1024

/** Takes bytes of a part. */
export interface PartWriter {
  write(bytes: Uint8Array): Promise<void>
}

/**
 * Output in a file system that is open in the master's thread alone. An attempt writes to a local file; its commit has the
 * master upload that, invisible until the job's commit shows all parts in one step.
 */
export abstract class UploadingCommitter<Stored> implements OutputCommitter {
  readonly shownPath: string
  /** What has been uploaded, by its name in the output. */
  protected readonly files = new Map<string, Stored>()
  protected readonly options: UploadingOptions
  readonly #fileSystem: FileSystem
  readonly #committing = new Set<string>()

  constructor(fileSystem: FileSystem, options: UploadingOptions) {
    this.shownPath = options.shownPath
    this.options = options
    this.#fileSystem = fileSystem
  }

  /** One file from local ones, one after the other; durable once this resolves. */
  protected abstract upload(name: string, files: readonly string[]): Promise<Stored>
  protected abstract drop(stored: Stored): Promise<void>
  abstract commitJob(parts: readonly string[]): Promise<void>
  abstract close(): Promise<void>

  async prepare(): Promise<void> {
    const { output, overwrite, shownPath } = this.options
    const fileSystem = this.#fileSystem
    if (output === '/') throw new MrError('MR_USAGE', `The output can not be ${shownPath}, the root directory.`)
    const found = await fileSystem.find(output)
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
        (await fileSystem.list(output)).map((entry) => path.posix.basename(entry.path)),
      )
    }
  }

  attemptFile(part: string, attempt: number): string {
    return path.join(this.options.scratch, `${part}.${attempt}`)
  }

  async commitTask(part: string, attempt: number, named: readonly string[] = []): Promise<boolean> {
    if (this.#committing.has(part)) {
      await this.discardTask(part, attempt)
      return false
    }
    this.#committing.add(part)
    const file = this.attemptFile(part, attempt)
    try {
      for (const name of named)
        this.files.set(namedPart(part, name), await this.upload(namedPart(part, name), [namedFile(file, name)]))
      this.files.set(part, await this.upload(part, [file]))
    } catch (error) {
      this.#committing.delete(part)
      await this.forget(named.map((name) => namedPart(part, name)))
      throw this.explain(error)
    }
    await this.discardTask(part, attempt)
    return true
  }

  async keep(name: string, files: readonly string[]): Promise<void> {
    try {
      this.files.set(name, await this.upload(name, files))
    } catch (error) {
      throw this.explain(error)
    }
  }

  async discardTask(part: string, attempt: number): Promise<void> {
    const file = this.attemptFile(part, attempt)
    await fs.rm(file, { force: true })
    const beside = `${path.basename(file)}.`
    for (const entry of await fs.readdir(this.options.scratch)) {
      if (entry.startsWith(beside)) await fs.rm(path.join(this.options.scratch, entry), { force: true })
    }
  }

  protected async forget(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const file = this.files.get(name)
      this.files.delete(name)
      if (file !== undefined) await this.drop(file)
    }
  }

  async #refuseFileAbove(output: string): Promise<void> {
    for (let above = path.posix.dirname(output); above !== '/'; above = path.posix.dirname(above)) {
      const found = await this.#fileSystem.find(above)
      if (found?.kind === 'directory') return
      if (found?.kind === 'file') {
        throw new MrError(
          'MR_USAGE',
          `The output ${this.shownPath} can not be made: ${this.shownAbove(above)} is a file. Choose another output.`,
        )
      }
    }
  }

  protected explain(error: unknown): unknown {
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

  /** A directory above the output, as the user would write it. */
  protected shownAbove(above: string): string {
    return this.shownPath.slice(0, this.shownPath.length - this.options.output.length) + above
  }
}

/** The bytes of a local file. */
export async function copyInto(writer: PartWriter, file: string): Promise<void> {
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
