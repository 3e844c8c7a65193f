import { MrError } from '../base/errors.ts'
import { namedPart } from '../output/commit.ts'
import type { AttemptRef, TaskKind } from './schedule-events.ts'
import type { RunSlice, TaskDone } from './task.ts'

/**
 * What committed attempts brought home. Only these count: a failed or repeated attempt leaves no trace in counters or
 * bytes. A map that runs again because its run file was lost replaces its earlier result.
 */
export class TaskResults {
  readonly #ran = new Map<string, TaskDone>()
  readonly #committed = new Map<string, TaskDone>()

  /** An attempt ran to its end; it counts once `commit` says so. */
  ran(ref: AttemptRef, result: TaskDone): void {
    this.#ran.set(attemptKey(ref), result)
  }

  commit(ref: AttemptRef): void {
    const key = attemptKey(ref)
    const result = this.#ran.get(key)
    if (result === undefined) throw new Error(`${key} was committed but never ran`)
    this.#ran.delete(key)
    this.#committed.set(taskKey(ref.kind, ref.task), result)
  }

  /** What an attempt that ran, and is not yet committed, brought home. */
  pending(ref: AttemptRef): TaskDone | undefined {
    return this.#ran.get(attemptKey(ref))
  }

  of(kind: TaskKind, task: number): TaskDone | undefined {
    return this.#committed.get(taskKey(kind, task))
  }

  /** A map whose run file was there before. */
  resume(map: number, result: TaskDone): void {
    this.#committed.set(taskKey('map', map), result)
  }

  drop(ref: AttemptRef): void {
    this.#ran.delete(attemptKey(ref))
  }

  /** The slices of one partition in map order, empty ones left out: values of a key arrive in input order. */
  runsOf(partition: number, maps: number): RunSlice[] {
    const runs: RunSlice[] = []
    for (let map = 0; map < maps; map++) {
      const slice = this.#committed.get(taskKey('map', map))?.slices[partition]
      if (slice === undefined) throw new MrError('MR_JOB_FAILED', `map ${map} gave no slice for partition ${partition}`)
      if (slice.length > 0) runs.push(slice)
    }
    return runs
  }

  sum(pick: (result: TaskDone) => number): number {
    let total = 0
    for (const result of this.#committed.values()) total += pick(result)
    return total
  }

  every(holds: (result: TaskDone) => boolean): boolean {
    return [...this.#committed.values()].every(holds)
  }

  counters(): Record<string, number> {
    return this.merged((result) => result.counters)
  }

  userCounters(): Record<string, number> {
    return this.merged((result) => result.userCounters)
  }

  /** Part names of named outputs that something was written to; `part` gives a task's own. */
  namedParts(parts: readonly string[], isOutput: TaskKind): string[] {
    return parts.flatMap((part, task) =>
      (this.of(isOutput, task)?.named ?? []).map(({ name }) => namedPart(part, name)),
    )
  }

  /** Files of the records that maps set aside, in map order. */
  skippedFiles(maps: number): string[] {
    return Array.from({ length: maps }, (_, map) => this.of('map', map)?.skipped?.file).filter(
      (file) => file !== undefined,
    )
  }

  /** Numbers by name, added up over the committed tasks. */
  merged(pick: (result: TaskDone) => Readonly<Record<string, number>>): Record<string, number> {
    const total = new Map<string, number>()
    for (const result of this.#committed.values()) {
      for (const [name, value] of Object.entries(pick(result))) total.set(name, (total.get(name) ?? 0) + value)
    }
    // fromEntries defines, never assigns: a counter may be called `__proto__`.
    return Object.fromEntries([...total].sort(([left], [right]) => (left < right ? -1 : 1)))
  }
}

const attemptKey = ({ kind, task, attempt }: AttemptRef): string => `${kind} ${task}.${attempt}`
const taskKey = (kind: TaskKind, task: number): string => `${kind} ${task}`
