import * as decide from '../../../dfs/namenode/decide.ts'
import { Namespace } from '../../../dfs/namenode/namespace.ts'
import type { Caller } from '../../../dfs/namenode/permission.ts'
import type { JournalRecord } from '../../../dfs/namenode/records.ts'
import { code } from '../harness.ts'
import { caller } from './state.ts'

export const user = (name: string, ...groups: string[]): Caller => ({ user: name, groups, superuser: false })

/** Requests that are decided and applied at once, as the superuser unless another is named. */
export class Requests {
  readonly state = new Namespace()
  readonly records: JournalRecord[] = []
  time = 1000

  apply(record: JournalRecord | undefined): void {
    if (record === undefined) return
    this.records.push(record)
    this.state.apply(record)
  }

  mkdir(path: string, permission = 0o755, as = caller, parents = true): void {
    this.apply(decide.decideMkdir(this.state, as, { path, parents, permission, time: ++this.time }))
  }

  /** A file of `length` bytes in blocks of ten. */
  put(path: string, length = 0, as = caller, options: { overwrite?: boolean; replication?: number } = {}): void {
    const file = this.begin(path, as, options)
    try {
      this.fill(file, length)
    } catch (error) {
      this.apply(decide.decideAbandon(this.state, file))
      throw error
    }
  }

  begin(path: string, as = caller, options: { overwrite?: boolean; replication?: number } = {}) {
    const { overwrite = false, replication = 1 } = options
    const shape = { replication, blockSize: 10, holder: 'holder', time: ++this.time }
    const record = decide.decideCreate(this.state, as, { path, overwrite, parents: true, ...shape })
    this.apply(record)
    return record.file
  }

  reopen(path: string, keep: 'all' | number = 'all', as = caller) {
    const reopening = decide.decideReopen(this.state, as, { path, keep, holder: 'other', rewriteBlockBytes: 5 })
    this.apply(reopening.record)
    return reopening
  }

  /** Writes `length` bytes and completes the file. */
  fill(file: ReturnType<Requests['begin']>, length: number): void {
    this.complete(file, this.write(file, length))
  }

  write(file: ReturnType<Requests['begin']>, length: number): number {
    let previousLength = 0
    for (let at = 0, index = 0; at < length; at += 10, index++) {
      this.apply(decide.decideAddBlock(this.state, { file, index, previousLength }).record)
      previousLength = Math.min(10, length - at)
    }
    return previousLength
  }

  complete(file: ReturnType<Requests['begin']>, lastLength: number): void {
    this.apply(decide.decideComplete(this.state, { file, lastLength, time: ++this.time }))
  }

  delete(path: string, as = caller, recursive = true): void {
    this.apply(decide.decideDelete(this.state, as, { path, recursive, time: ++this.time }))
  }

  rename(from: string, to: string, as = caller, overwrite = false): void {
    this.apply(decide.decideRename(this.state, as, { from, to, overwrite, time: ++this.time }))
  }

  chmod(path: string, permission: number, as = caller): void {
    this.apply(decide.decideSetPermission(this.state, as, { path, permission }))
  }

  chown(path: string, owner: { owner?: string; group?: string }, as = caller): void {
    this.apply(decide.decideSetOwner(this.state, as, { path, ...owner }))
  }

  quota(path: string, quota: { names?: number | null; space?: number | null }, as = caller): void {
    this.apply(decide.decideSetQuota(this.state, as, { path, ...quota }))
  }

  allow(path: string, as = caller): void {
    this.apply(decide.decideAllowSnapshot(this.state, as, { path }))
  }

  snapshot(path: string, name: string, as = caller): void {
    this.apply(decide.decideCreateSnapshot(this.state, as, { path, name, time: ++this.time }))
  }
}

/** The code that `action` fails with, or what it says where `message` is asked for; 'ok' if it does not fail. */
export function refusal(action: () => unknown): string | undefined {
  try {
    action()
    return 'ok'
  } catch (error) {
    return code(error)
  }
}

export function message(action: () => unknown): string {
  try {
    action()
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
