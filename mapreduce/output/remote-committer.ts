import path from 'node:path'
import { DfsError, type FileSystem } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { asideName, hiddenName, successName } from './commit.ts'
import { settleSiblings } from './recover.ts'
import { remoteDisk } from './remote-disk.ts'
import { copyInto, UploadingCommitter, type UploadingOptions } from './uploading-committer.ts'

export interface RemoteCommitterOptions extends UploadingOptions {
  readonly fileSystem: FileSystem
  readonly tag: string
  /** Whether the process a tag names is known to be gone. */
  readonly isDead: (tag: string) => boolean
}

/**
 * Output in a file system elsewhere, which knows no commit of many files. Parts gather in a hidden directory beside the
 * output (see commit.ts), as local ones do; the job's commit is its rename. Overwriting takes two, as it does locally,
 * and whoever finds a process dead in between finishes.
 */
export class RemoteCommitter extends UploadingCommitter<string> {
  readonly #fileSystem: FileSystem
  readonly #isDead: (tag: string) => boolean
  readonly #hidden: string
  #madeParents: readonly string[] = []
  #state: 'new' | 'prepared' | 'visible' | 'closed' = 'new'

  constructor(options: RemoteCommitterOptions) {
    super(options.fileSystem, options)
    this.#fileSystem = options.fileSystem
    this.#isDead = options.isDead
    const { output, tag } = options
    this.#hidden = path.posix.join(path.posix.dirname(output), hiddenName(path.posix.basename(output), tag))
  }

  override async prepare(): Promise<void> {
    const { output } = this.options
    try {
      if (output !== '/') await settleSiblings(remoteDisk(this.#fileSystem), output, this.#isDead)
      await super.prepare()
      this.#madeParents = await this.#missingParents()
      this.#state = 'prepared'
      await this.#fileSystem.mkdir(this.#hidden, { parents: true })
    } catch (error) {
      throw this.explain(error)
    }
  }

  async commitJob(parts: readonly string[]): Promise<void> {
    const { output, overwrite } = this.options
    const missing = parts.filter((part) => !this.files.has(part))
    if (missing.length > 0) throw new Error(`commit of ${this.shownPath} without ${missing.join(', ')}`)
    try {
      await this.upload(successName, [])
      const standing = await this.#fileSystem.find(output)
      if (standing === undefined) await this.#appear()
      else if (overwrite) await this.#replace()
      else throw new DfsError('DFS_EXISTS', `${this.shownPath} exists`)
    } catch (error) {
      throw this.explain(error)
    }
    this.#state = 'visible'
  }

  async close(): Promise<void> {
    const disk = remoteDisk(this.#fileSystem)
    if (this.#state === 'prepared') {
      await disk.remove(this.#hidden)
      for (const directory of this.#madeParents.toReversed()) await disk.removeEmpty(directory)
    } else if (this.#state === 'visible') {
      await disk.remove(asideName(this.#hidden))
    }
    this.#state = 'closed'
  }

  protected async upload(name: string, files: readonly string[]): Promise<string> {
    const target = path.posix.join(this.#hidden, name)
    const writer = await this.#fileSystem.create(target, { overwrite: true })
    try {
      for (const file of files) await copyInto(writer, file)
      await writer.close()
    } catch (error) {
      await writer.abort()
      throw error
    }
    return target
  }

  protected async drop(file: string): Promise<void> {
    await this.#fileSystem.delete(file)
  }

  /** With `overwrite` the name is taken as it is: without, a directory that someone has made meanwhile would be moved into. */
  async #appear(): Promise<void> {
    const { output } = this.options
    try {
      await this.#fileSystem.rename(this.#hidden, output, { overwrite: true })
    } catch (error) {
      if (!(error instanceof DfsError)) throw error
      if (error.code === 'DFS_NOT_EMPTY') throw new DfsError('DFS_EXISTS', error.message, { cause: error })
      // The answer was lost: what stands there says whether it was done.
      const done =
        error.code === 'DFS_UNREACHABLE' &&
        (await this.#fileSystem.find(this.#hidden)) === undefined &&
        (await this.#fileSystem.find(path.posix.join(output, successName))) !== undefined
      if (!done) throw error
    }
  }

  async #replace(): Promise<void> {
    const { output } = this.options
    const aside = asideName(this.#hidden)
    await this.#fileSystem.rename(output, aside)
    try {
      await this.#appear()
    } catch (error) {
      await this.#putBack(aside, error)
      throw error
    }
  }

  async #putBack(aside: string, cause: unknown): Promise<void> {
    try {
      await this.#fileSystem.rename(aside, this.options.output)
    } catch (error) {
      const old = this.shownAbove(aside)
      throw new MrError(
        'MR_IO',
        `The output ${this.shownPath} could not be stored, and what stood there is in ${old} now: ${String(error)}`,
        { cause },
      )
    }
  }

  async #missingParents(): Promise<string[]> {
    const missing: string[] = []
    for (let above = path.posix.dirname(this.options.output); above !== '/'; above = path.posix.dirname(above)) {
      if ((await this.#fileSystem.find(above)) !== undefined) break
      missing.push(above)
    }
    return missing.toReversed()
  }
}
