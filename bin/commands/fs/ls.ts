import type { FileStatus } from '../../../dfs/index.ts'
import { hadoopBytes } from '../../terminal/bytes.ts'
import { printable as maskName } from '../../terminal/width.ts'
import { statusJson, symbolicMode } from './mode.ts'
import { baseName, childOf, type FoundItem } from './path.ts'
import { found, isDirectory, type VerbCall } from './session.ts'
import { localMinute } from './time.ts'

export async function ls(call: VerbCall): Promise<void> {
  const { session } = call
  const listing = new Listing(call)
  const operands = call.operands.length === 0 ? ['.'] : call.operands
  for (const item of await session.expandAll(operands)) {
    await session.attempt(item.shown, () => listing.argument(found(item)))
  }
  if (session.json) await session.line(JSON.stringify(listing.rows, null, 2))
}

class Listing {
  readonly rows: Record<string, string | number | boolean>[] = []
  readonly #call: VerbCall
  // Columns only ever widen while a command runs, as Hadoop's do.
  #replicationWidth = 3
  #lengthWidth = 10
  #ownerWidth = 0
  #groupWidth = 0

  constructor(call: VerbCall) {
    this.#call = call
  }

  async argument(item: FoundItem): Promise<void> {
    if (isDirectory(item.status) && !this.#call.flags.has('d')) await this.#directory(item)
    else {
      this.#widen([item])
      await this.#row(item)
    }
  }

  async #directory(directory: FoundItem): Promise<void> {
    const { session, flags } = this.#call
    const entries = this.#sorted(await session.dfs.list(directory.path)).map((status) => ({
      ...childOf(directory, baseName(status.path)),
      status,
    }))
    const recursive = flags.has('R')
    const quiet = recursive || flags.has('C') || session.json || entries.length === 0
    if (!quiet) await session.line(`Found ${entries.length} items`)
    this.#widen(entries)
    for (const entry of entries) {
      await session.attempt(entry.shown, async () => {
        await this.#row(entry)
        if (recursive && isDirectory(entry.status)) await this.#directory(entry)
      })
    }
  }

  #sorted(entries: FileStatus[]): FileStatus[] {
    const { flags } = this.#call
    if (flags.has('t')) entries = entries.toSorted((left, right) => this.#time(right) - this.#time(left))
    else if (flags.has('S')) entries = entries.toSorted((left, right) => right.length - left.length)
    return flags.has('r') ? entries.toReversed() : entries
  }

  #time(status: FileStatus): number {
    return this.#call.flags.has('u') ? status.accessTime : status.modificationTime
  }

  #widen(items: readonly FoundItem[]): void {
    for (const { status } of items) {
      this.#replicationWidth = Math.max(this.#replicationWidth, String(status.replication).length)
      this.#lengthWidth = Math.max(this.#lengthWidth, String(status.length).length)
      this.#ownerWidth = Math.max(this.#ownerWidth, status.owner.length)
      this.#groupWidth = Math.max(this.#groupWidth, status.group.length)
    }
  }

  async #row({ shown, status }: FoundItem): Promise<void> {
    const { session, flags } = this.#call
    if (session.json) {
      this.rows.push(statusJson(status))
      return
    }
    const name = flags.has('q') ? maskName(shown) : session.name(shown)
    if (flags.has('C')) {
      await session.line(name)
      return
    }
    const directory = isDirectory(status)
    const replication = (directory ? '-' : String(status.replication)).padStart(this.#replicationWidth)
    const length = (flags.has('h') ? hadoopBytes(status.length) : String(status.length)).padStart(this.#lengthWidth)
    const owner = status.owner.padEnd(this.#ownerWidth)
    const group = status.group.padEnd(this.#groupWidth)
    const mode = `${directory ? 'd' : '-'}${symbolicMode(status.permission)}`
    await session.line(`${mode} ${replication} ${owner} ${group} ${length} ${localMinute(this.#time(status))} ${name}`)
  }
}
