import path from 'node:path'
import { MrError } from '../base/errors.ts'
import {
  asideName,
  attemptsName,
  hiddenName,
  isOutputName,
  namedPart,
  type OutputCommitter,
  successName,
} from './commit.ts'
import { diskError, errorCode, type OutputDisk } from './disk.ts'
import { namedFile } from './named-outputs.ts'

/** What a later process needs to clean up after this one; written down before anything is made. */
export interface OutputRecord {
  /** Absolute path of the output directory. */
  readonly output: string
  readonly tag: string
  /** Directories above the output that the job makes, the outermost first. */
  readonly madeParents: readonly string[]
}

export interface LocalCommitterOptions {
  /** Absolute. */
  readonly output: string
  readonly shownPath: string
  readonly overwrite: boolean
  readonly tag: string
  readonly disk: OutputDisk
  /** Resolves once the record is where the sweeper of a later process finds it. */
  readonly record: (record: OutputRecord) => Promise<void>
}

/** Output in the local file system. Parts gather in a hidden sibling directory; the commit is its rename. */
export class LocalCommitter implements OutputCommitter {
  readonly shownPath: string
  readonly #options: LocalCommitterOptions
  readonly #disk: OutputDisk
  readonly #parent: string
  readonly #hidden: string
  readonly #committed = new Set<string>()
  #madeParents: readonly string[] = []
  #state: 'new' | 'prepared' | 'visible' | 'closed' = 'new'

  constructor(options: LocalCommitterOptions) {
    this.shownPath = options.shownPath
    this.#options = options
    this.#disk = options.disk
    this.#parent = path.dirname(options.output)
    this.#hidden = path.join(this.#parent, hiddenName(path.basename(options.output), options.tag))
  }

  async prepare(): Promise<void> {
    const { output, shownPath, overwrite, tag } = this.#options
    if (path.basename(output) === '')
      throw new MrError('MR_USAGE', `The output can not be ${shownPath}, the root directory.`)
    await this.#refuseExisting(output, overwrite)
    this.#madeParents = await this.#missingParents()
    await this.#options.record({ output, tag, madeParents: this.#madeParents })
    this.#state = 'prepared'
    for (const directory of this.#madeParents) await this.#mkdirShared(directory)
    await this.#disk.mkdir(this.#hidden)
    await this.#disk.mkdir(path.join(this.#hidden, attemptsName))
  }

  attemptFile(part: string, attempt: number): string {
    return path.join(this.#hidden, attemptsName, `${part}.${attempt}`)
  }

  async commitTask(part: string, attempt: number, named: readonly string[] = []): Promise<boolean> {
    if (this.#committed.has(part)) {
      await this.discardTask(part, attempt)
      return false
    }
    // Taken before the first await, so that a second attempt can't slip in between.
    this.#committed.add(part)
    const file = this.attemptFile(part, attempt)
    const beside = named.map((name) => ({ from: namedFile(file, name), to: namedPart(part, name) }))
    try {
      // The part goes last: with it the task is committed, and what a failure leaves here the next attempt replaces.
      for (const { from, to } of [...beside, { from: file, to: part }]) {
        await this.#disk.syncFile(from)
        await this.#disk.rename(from, path.join(this.#hidden, to))
        this.#committed.add(to)
      }
    } catch (error) {
      for (const { to } of beside) {
        this.#committed.delete(to)
        await this.#disk.remove(path.join(this.#hidden, to))
      }
      this.#committed.delete(part)
      throw diskError(error, 'committing', path.join(this.#options.output, part))
    }
    return true
  }

  async keep(name: string, files: readonly string[]): Promise<void> {
    const kept = path.join(this.#hidden, name)
    await this.#disk.concat(kept, files)
    await this.#disk.syncFile(kept)
    this.#committed.add(name)
  }

  async discardTask(part: string, attempt: number): Promise<void> {
    const file = this.attemptFile(part, attempt)
    await this.#disk.remove(file)
    // What the attempt kept beside its output, merge passes say, has its name and more.
    const beside = `${path.basename(file)}.`
    for (const entry of await this.#disk.list(path.dirname(file))) {
      if (entry.startsWith(beside)) await this.#disk.remove(path.join(path.dirname(file), entry))
    }
  }

  async commitJob(parts: readonly string[]): Promise<void> {
    const missing = parts.filter((part) => !this.#committed.has(part))
    if (missing.length > 0) throw new Error(`commit of ${this.shownPath} without ${missing.join(', ')}`)
    await this.#disk.remove(path.join(this.#hidden, attemptsName))
    await this.#disk.writeDurable(path.join(this.#hidden, successName), '')
    await this.#disk.syncDirectory(this.#hidden)
    if (this.#options.overwrite && (await this.#disk.kind(this.#options.output)) !== undefined) await this.#replace()
    else await this.#appear()
    this.#state = 'visible'
    for (const directory of [this.#parent, ...this.#madeParents.map((made) => path.dirname(made))]) {
      await this.#disk.syncDirectory(directory)
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'prepared') {
      await this.#disk.remove(this.#hidden)
      for (const directory of this.#madeParents.toReversed()) await this.#disk.removeEmpty(directory)
    } else if (this.#state === 'visible') {
      await this.#disk.remove(asideName(this.#hidden))
    }
    this.#state = 'closed'
  }

  async #appear(): Promise<void> {
    try {
      await this.#disk.rename(this.#hidden, this.#options.output)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
        throw new MrError(
          'MR_OUTPUT_EXISTS',
          `The output ${this.shownPath} was made by someone else while the job ran; it was left as it is. Choose another output and run the job again.`,
          { cause: error },
        )
      }
      throw diskError(error, 'committing', this.#options.output)
    }
  }

  /**
   * There is no exchange of two directories in one system call here, so two renames: the old aside, the new in place.
   * Killed between them, the next job's sweep finds `_SUCCESS` in the hidden directory and finishes (see recover.ts).
   */
  async #replace(): Promise<void> {
    const aside = asideName(this.#hidden)
    try {
      await this.#disk.rename(this.#options.output, aside)
    } catch (error) {
      throw diskError(error, 'moving aside the old', this.#options.output)
    }
    try {
      await this.#disk.rename(this.#hidden, this.#options.output)
    } catch (error) {
      await this.#disk.rename(aside, this.#options.output)
      throw diskError(error, 'committing', this.#options.output)
    }
  }

  async #refuseExisting(output: string, overwrite: boolean): Promise<void> {
    const found = await this.#disk.kind(output)
    if (found === undefined) return
    if (found !== 'directory') {
      throw new MrError(
        'MR_OUTPUT_EXISTS',
        `The output ${this.shownPath} is not a directory, and an output is a directory of part files. Choose another name${overwrite ? '; --overwrite replaces directories of earlier output only' : ''}.`,
      )
    }
    if (!overwrite) throw outputExists(this.shownPath)
    refuseForeign(this.shownPath, await this.#disk.list(output))
  }

  async #missingParents(): Promise<string[]> {
    const missing: string[] = []
    let directory = this.#parent
    for (;;) {
      const kind = await this.#disk.kind(directory)
      if (kind === 'directory') return missing.toReversed()
      if (kind !== undefined) {
        throw new MrError(
          'MR_USAGE',
          `The output ${this.shownPath} can not be made: ${directory} is not a directory. Choose another output.`,
        )
      }
      missing.push(directory)
      const above = path.dirname(directory)
      if (above === directory) return missing.toReversed()
      directory = above
    }
  }

  async #mkdirShared(directory: string): Promise<void> {
    // Another job may be making the same parents.
    if ((await this.#disk.kind(directory)) === 'directory') return
    await this.#disk.mkdir(directory)
  }
}

export function outputExists(shownPath: string): MrError {
  return new MrError(
    'MR_OUTPUT_EXISTS',
    `The output ${shownPath} exists already. Choose another, remove it, or give --overwrite to replace it when the job has succeeded.`,
  )
}

/** `--overwrite` replaces job output, not whatever directory a slip of the hand names. */
export function refuseForeign(shownPath: string, entries: readonly string[]): void {
  const foreign = entries.filter((entry) => !isOutputName(entry))
  const [first] = foreign
  if (first === undefined) return
  const more = foreign.length === 1 ? '' : ` and ${foreign.length - 1} more`
  throw new MrError(
    'MR_OUTPUT_EXISTS',
    `The output ${shownPath} holds ${JSON.stringify(first)}${more}, which no job wrote; --overwrite replaces directories of earlier output only. Choose another output, or remove the directory yourself.`,
  )
}
