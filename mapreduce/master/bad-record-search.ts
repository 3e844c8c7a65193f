import type { AttemptFailure } from './schedule-events.ts'
import type { SkipRecord } from './task.ts'

/** Where an attempt was when it ended. */
export interface RecordPlace {
  readonly file: number
  readonly offset: number
}

/** Endings a record can be to blame for: its map never returned, took the thread along, or threw past every handler. */
const blameable: ReadonlySet<AttemptFailure['code']> = new Set<AttemptFailure['code']>([
  'MR_TASK_TIMEOUT',
  'MR_TASK_LOST',
  'MR_WORKER_OUT_OF_MEMORY',
  'MR_USER_CODE',
])

/**
 * Finds the records that end their threads. One ending proves nothing: a thread may die of something else, and then a
 * good record would be lost. A record at which two attempts of its task ended, one after the other, is set aside.
 */
export class BadRecordSearch {
  readonly #suspects = new Map<number, RecordPlace>()
  readonly #found = new Map<number, SkipRecord[]>()

  /** What the next attempt of a map is to leave out. */
  of(map: number): readonly SkipRecord[] {
    return this.#found.get(map) ?? []
  }

  /** An attempt of a map ended at a record. True when that record is now known to be bad. */
  ended(map: number, at: RecordPlace | undefined, { code, message }: AttemptFailure): boolean {
    const before = this.#suspects.get(map)
    this.#suspects.delete(map)
    if (at === undefined || !blameable.has(code)) return false
    if (before?.file !== at.file || before.offset !== at.offset) {
      this.#suspects.set(map, at)
      return false
    }
    const [error = message] = message.split('\n')
    this.#found.set(map, [...this.of(map), { ...at, error: ending(code, error) }])
    return true
  }
}

/** The same words whichever attempt, slot and split it was. */
function ending(code: AttemptFailure['code'], message: string): string {
  switch (code) {
    case 'MR_TASK_TIMEOUT':
      return 'map made no progress until the task timeout'
    case 'MR_TASK_LOST':
      return 'map ended its worker thread'
    case 'MR_WORKER_OUT_OF_MEMORY':
      return 'map ran out of memory'
    default:
      return message
  }
}
