import type { Dfs, FileStatus } from '../../../dfs/index.ts'
import { LineWriter, OutputClosed, write } from '../../terminal/output.ts'
import { isTerminal } from '../../terminal/style.ts'
import { printable } from '../../terminal/width.ts'
import type { CommandIo } from '../command.ts'
import type { ParsedArguments } from './arguments.ts'
import { failureText, hasCode, isFatal, PathError, reasons, UsageError } from './failure.ts'
import { type FoundItem, literalOf, type PathItem, parsePath, showAs } from './path.ts'
import type { RoutedFileSystem } from './routed-file-system.ts'

/** One verb at work: its file systems, its streams, and the errors it met, which make the exit code. */
export class FsSession {
  /** A path says in which file system it is; plain ones are in the DFS, which is opened when the first is met. */
  readonly dfs: RoutedFileSystem
  readonly io: CommandIo
  readonly verb: string
  readonly json: boolean
  /** `/user/<name>` of the DFS, where relative paths start. `dfs.homeAt(path)` tells that of another file system. */
  readonly home: string
  readonly #own: () => Promise<Dfs | undefined>
  readonly #out: LineWriter
  readonly #maskNames: boolean
  #failed = false

  constructor(options: {
    dfs: RoutedFileSystem
    /** The DFS, if it was opened. */
    own: () => Promise<Dfs | undefined>
    io: CommandIo
    verb: string
    json: boolean
    home: string
  }) {
    this.dfs = options.dfs
    this.#own = options.own
    this.io = options.io
    this.verb = options.verb
    this.json = options.json
    this.home = options.home
    this.#out = new LineWriter(options.io.stdout)
    this.#maskNames = isTerminal(options.io.stdout)
  }

  get exitCode(): 0 | 1 {
    return this.#failed ? 1 : 0
  }

  /** A failure without words: `test` answers by its exit code alone. */
  setFailed(): void {
    this.#failed = true
  }

  async line(text: string, end?: string): Promise<void> {
    await this.#out.line(text, end)
  }

  async flush(): Promise<void> {
    await this.#out.flush()
  }

  async bytes(chunk: Uint8Array): Promise<void> {
    await this.#out.flush()
    await write(this.io.stdout, chunk)
  }

  /** A name for stdout: as it is for programs, without control characters for a terminal. */
  name(shown: string): string {
    return this.#maskNames ? printable(shown) : shown
  }

  async warn(message: string): Promise<void> {
    await this.#out.flush()
    try {
      await write(this.io.stderr, `${this.verb}: ${message}\n`)
    } catch (error) {
      // With nobody to read it a warning is lost; the exit code still tells.
      if (!(error instanceof OutputClosed)) throw error
    }
  }

  async fail(error: unknown, shown?: string): Promise<void> {
    this.#failed = true
    await this.warn(failureText(error, shown))
  }

  /** Throws once the command was interrupted or nobody reads its output any more. */
  checkAbort(): void {
    this.io.signal.throwIfAborted()
  }

  /** Runs one step; an ordinary failure is told and left behind, so that the next path has its turn. */
  async attempt(shown: string, step: () => Promise<void>): Promise<void> {
    this.checkAbort()
    try {
      await step()
    } catch (error) {
      if (this.io.signal.aborted || error instanceof OutputClosed || error instanceof UsageError) throw error
      if (isFatal(error)) throw error
      await this.fail(error, shown)
    }
  }

  /** What a typed path stands for: every match of a glob, else the path itself, existing or not. */
  async expand(typed: string): Promise<PathItem[]> {
    const parsed = parsePath(typed, this.home)
    const literal = literalOf(parsed.absolute)
    let matches: FileStatus[] = []
    let notGlob: unknown
    if (literal === undefined) {
      try {
        matches = await this.dfs.glob(parsed.absolute)
      } catch (error) {
        if (!hasCode(error, 'DFS_BAD_ARGUMENT')) throw error
        notGlob = error
      }
    }
    if (matches.length > 0) {
      return matches.map((status) => ({ shown: showAs(parsed, status.path, this.home), path: status.path, status }))
    }
    // A name may hold a star or an open bracket by accident; it is itself when nothing else matches.
    const path = literal ?? parsed.absolute
    const status = await this.dfs.find(path)
    if (status !== undefined) return [{ shown: showAs(parsed, path, this.home), path, status }]
    if (notGlob !== undefined) throw notGlob
    if (literal === undefined) throw new PathError(typed, reasons.notFound)
    return [{ shown: typed, path, status }]
  }

  /** Every path the operands stand for. A glob without a match is told and left out. */
  async expandAll(operands: readonly string[]): Promise<PathItem[]> {
    const items: PathItem[] = []
    for (const typed of operands) {
      await this.attempt(typed, async () => {
        items.push(...(await this.expand(typed)))
      })
    }
    return items
  }

  /** The usual shape of a verb: every operand expanded, then `step` for each path that exists. */
  async eachFound(operands: readonly string[], step: (item: FoundItem) => Promise<void>): Promise<void> {
    for (const item of await this.expandAll(operands)) {
      await this.attempt(item.shown, () => step(found(item)))
    }
  }

  /** One line when replicas were found bad under this command: nothing was lost, but somebody should know. */
  async tellIncidents(): Promise<void> {
    const own = await this.#own()
    await own?.repairsDone()
    for (const note of this.dfs.notes) await this.warn(`note: ${note}`)
    const incidents = own?.incidents ?? []
    const [first] = incidents
    if (first === undefined) return
    const repaired = incidents.filter((incident) => incident.repaired).length
    const subject = incidents.length === 1 ? '1 bad replica' : `${incidents.length} bad replicas`
    const where = `block ${first.block} on ${first.datanode}: ${first.reason}${incidents.length > 1 ? ', …' : ''}`
    const outcome =
      repaired === incidents.length ? 'repaired from good ones' : `${repaired} repaired so far; see quern dfs fsck`
    await this.warn(`warning: met ${subject} (${where}), ${outcome}`)
  }
}

export function found(item: PathItem): FoundItem {
  if (item.status === undefined) throw new PathError(item.shown, reasons.notFound)
  return { shown: item.shown, path: item.path, status: item.status }
}

export interface VerbCall extends ParsedArguments {
  readonly session: FsSession
}

export type VerbRun = (call: VerbCall) => Promise<void>

export const isDirectory = (status: FileStatus): boolean => status.kind === 'directory'
