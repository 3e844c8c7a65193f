import type { MasterLimits } from './limits.ts'
import { type Distance, distance, localityOf, nearest } from './locality.ts'
import type {
  AttemptFailure,
  AttemptRef,
  JobFailure,
  ScheduleAction,
  ScheduleEvent,
  ScheduleSlot,
  TaskKind,
} from './schedule-events.ts'
import {
  comesBefore,
  freeSince,
  freshTask,
  type LiveAttempt,
  refOf,
  runners,
  type SlotState,
  type TaskState,
} from './schedule-state.ts'
import { Pace } from './speculation.ts'
import type { Placement } from './splits.ts'

export type ScheduleLimits = Pick<
  MasterLimits,
  | 'taskAttemptsMax'
  | 'lossesInARowMax'
  | 'lostRunsMax'
  | 'rackDelayMs'
  | 'anyDelayMs'
  | 'speculate'
  | 'speculativeFactor'
  | 'speculativeMsMin'
>

export interface ScheduleInput {
  readonly slots: readonly ScheduleSlot[]
  /** One a map task. */
  readonly maps: readonly Placement[]
  readonly reducers: number
  /** Maps whose run files are there already. */
  readonly doneMaps?: readonly number[]
  readonly limits: ScheduleLimits
}

const waitFor = (far: Distance, limits: ScheduleLimits): number => [0, limits.rackDelayMs, limits.anyDelayMs][far] ?? 0

type AttemptEvent = Extract<ScheduleEvent, AttemptRef>
type FailureNow = { readonly failure: AttemptFailure; readonly now: number }

const earlier = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined ? right : right === undefined ? left : Math.min(left, right)

/**
 * Decides which attempt runs on which slot, which one commits and when the job is over: events in, actions out. It
 * knows no clock, no timer, no thread; the same events give the same actions. One attempt of a task is alive at a time,
 * two where a slow one got company, and at most one is granted the commit.
 *
 * Choice: an idle slot takes the first task (in input order) that no other slot is nearer to; for a task of its rack
 * or beyond, or one that has failed on this slot before, it first holds back a moment so that a better slot may come
 * free. The moment counts from when both slot and task were free, so a busy cluster pays nothing. A slot for which nothing is
 * left may, when asked, run a task a second time that takes far longer than others of its kind.
 */
export class Schedule {
  readonly #limits: ScheduleLimits
  readonly #slots: SlotState[]
  readonly #maps: TaskState[]
  readonly #reduces: TaskState[]
  readonly #pending: TaskState[]
  readonly #pace: Readonly<Record<TaskKind, Pace>>
  #mapsDone = 0
  #reducesDone = 0
  #mapsReported = false
  #sequence = 0
  #over = false
  #actions: ScheduleAction[] = []

  constructor(input: ScheduleInput) {
    if (input.slots.length === 0) throw new RangeError('a schedule needs at least one slot')
    if (input.maps.length === 0) throw new RangeError('a schedule needs at least one map')
    this.#limits = input.limits
    this.#slots = input.slots.map((slot) => ({ ...slot, running: undefined, idleSince: 0 }))
    this.#maps = input.maps.map((placement, task) => freshTask('map', task, placement, nearest(placement, input.slots)))
    this.#reduces = Array.from({ length: input.reducers }, (_, task) => freshTask('reduce', task, { kind: 'none' }, 0))
    for (const map of new Set(input.doneMaps)) this.#find({ kind: 'map', task: map }).state = 'done'
    this.#mapsDone = new Set(input.doneMaps).size
    this.#pending = [...this.#maps, ...this.#reduces].filter(({ state }) => state === 'pending')
    this.#pace = { map: new Pace(input.maps.length, input.limits), reduce: new Pace(input.reducers, input.limits) }
  }

  get mapsDone(): number {
    return this.#mapsDone
  }

  get reducesDone(): number {
    return this.#reducesDone
  }

  handle(event: ScheduleEvent): ScheduleAction[] {
    this.#actions = []
    if (!this.#over) {
      this.#apply(event)
      if (!this.#over) this.#assign(event.now)
    } else if (event.type === 'succeeded') {
      this.#discard(event)
    }
    return this.#actions
  }

  #apply(event: ScheduleEvent): void {
    if (event.type === 'start') {
      for (const slot of this.#slots) slot.idleSince = event.now
      for (const task of this.#pending) task.pendingSince = event.now
      this.#checkDone()
      return
    }
    if (event.type === 'tick') return
    const task = this.#find(event)
    const { attempt } = event
    if (event.type === 'committed' || (event.type === 'failed' && task.committing === attempt)) {
      if (task.committing !== attempt) return
      task.committing = 0
      if (event.type === 'committed') {
        this.#finish(task)
        return
      }
      task.state = 'running'
      this.#discard(event)
      this.#fault(task, event, event.permanent, -1)
      return
    }
    const live = task.live.find((one) => one.attempt === attempt)
    if (live === undefined) {
      // A late answer of an attempt that was given up.
      this.#discard(event)
      return
    }
    task.live = task.live.filter((one) => one !== live)
    this.#free(live.slot, event.now)
    if (live.ended || task.committing !== 0) this.#discard(event)
    else this.#answered(task, live, event)
  }

  #answered(task: TaskState, live: LiveAttempt, event: Exclude<AttemptEvent, { type: 'committed' }>): void {
    if (event.type === 'succeeded') {
      task.state = 'committing'
      task.committing = live.attempt
      this.#pace[task.kind].finished(event.now - live.startedMs)
      this.#actions.push({ type: 'commit', ...refOf(task, live.attempt) })
      return
    }
    this.#discard(event)
    if (event.narrowed === true) {
      task.failures = 0
      task.lossesInARow = 0
      this.#requeue(task, event.now)
    } else if (event.type === 'lost') {
      task.lossesInARow++
      if (task.lossesInARow >= this.#limits.lossesInARowMax) this.#failJob(task, event.failure, 'losses')
      else this.#requeue(task, event.now)
    } else if (event.type === 'failed' && event.lostMaps.length > 0 && !event.permanent) {
      this.#rerunLost(task, live.launchedAt, event.lostMaps, event)
    } else this.#fault(task, event, event.type === 'failed' && event.permanent, live.slot)
  }

  #finish(task: TaskState): void {
    task.state = 'done'
    task.lossesInARow = 0
    task.doneAt = ++this.#sequence
    for (const { attempt, slot } of runners(task)) this.#actions.push({ type: 'end', slot, ...refOf(task, attempt) })
    for (const live of task.live) live.ended = true
    if (task.kind === 'map') this.#mapsDone++
    else this.#reducesDone++
    this.#checkDone()
  }

  #checkDone(): void {
    if (this.#mapsDone < this.#maps.length) return
    if (!this.#mapsReported) {
      this.#mapsReported = true
      this.#actions.push({ type: 'maps-done' })
    }
    if (this.#reducesDone === this.#reduces.length) {
      this.#over = true
      this.#actions.push({ type: 'job-done' })
    }
  }

  /** `slot` is where it happened; -1 where that is of no matter. */
  #fault(task: TaskState, { failure, now }: FailureNow, permanent: boolean, slot: number): void {
    task.failures++
    task.lossesInARow = 0
    if (slot >= 0) task.failedSlots.add(slot)
    task.firstFailure ??= failure
    if (permanent) this.#failJob(task, failure, 'permanent')
    else if (task.failures >= this.#limits.taskAttemptsMax) this.#failJob(task, task.firstFailure, 'attempts')
    else this.#requeue(task, now)
  }

  /** A reduce met run files that are gone or damaged: their maps run again at once, then the reduce; neither is to blame. */
  #rerunLost(reduce: TaskState, launchedAt: number, lostMaps: readonly number[], { failure, now }: FailureNow): void {
    for (const index of new Set(lostMaps)) {
      const map = this.#maps[index]
      if (map === undefined)
        throw new RangeError(`reduce ${reduce.task} reports the run of map ${index}, which does not exist`)
      // Already on its way, or made anew since this reduce was launched with the old run.
      if (map.state !== 'done' || map.doneAt > launchedAt) continue
      map.lostRuns++
      if (map.lostRuns > this.#limits.lostRunsMax) {
        this.#failJob(map, failure, 'lost-runs')
        return
      }
      this.#mapsDone--
      this.#requeue(map, now)
    }
    this.#requeue(reduce, now)
  }

  /** Unless another attempt of the task is still running. */
  #requeue(task: TaskState, now: number): void {
    if (runners(task).length > 0) return
    task.state = 'pending'
    task.pendingSince = now
    const at = this.#pending.findIndex((other) => comesBefore(task, other))
    this.#pending.splice(at === -1 ? this.#pending.length : at, 0, task)
  }

  #failJob(task: TaskState, failure: AttemptFailure, rule: JobFailure['rule']): void {
    this.#over = true
    this.#actions.push({
      type: 'job-failed',
      failure: { ...failure, kind: task.kind, task: task.task, attempts: task.attempt, rule },
    })
  }

  #free(index: number, now: number): void {
    const slot = this.#slots[index]
    if (slot === undefined) return
    slot.running = undefined
    slot.idleSince = now
  }

  #assign(now: number): void {
    // First what needs no waiting, on any slot, so that an early slot does not grab what a later one is nearer to.
    for (const patient of [false, true]) {
      for (const [index, slot] of this.#slots.entries()) {
        if (slot.running !== undefined) continue
        const at = this.#choose(index, slot, patient ? now : undefined)
        const task = at === -1 ? undefined : this.#pending[at]
        if (task === undefined) continue
        this.#pending.splice(at, 1)
        this.#launch(task, index, slot, now, false)
      }
    }
    const wake = earlier(this.#nextWake(), this.#speculate(now))
    if (wake !== undefined) this.#actions.push({ type: 'wake', at: wake })
  }

  /** Position in `#pending` of the task this slot should take; without `now` only one that needs no waiting. */
  #choose(index: number, slot: SlotState, now: number | undefined): number {
    let best = -1
    let bestWait = Number.POSITIVE_INFINITY
    for (const [at, task] of this.#runnable()) {
      const wait = this.#wait(task, index, slot)
      if (wait === 0) return at
      if (now === undefined || wait >= bestWait || now < freeSince(task, slot) + wait) continue
      best = at
      bestWait = wait
    }
    return best
  }

  *#runnable(): Generator<[number, TaskState]> {
    for (const [at, task] of this.#pending.entries()) {
      // Maps come first in the queue, and a reduce needs every run file.
      if (task.kind === 'reduce' && this.#mapsDone < this.#maps.length) return
      yield [at, task]
    }
  }

  #wait(task: TaskState, index: number, slot: SlotState): number {
    const far = distance(task.placement, slot)
    const wait = far <= task.nearest ? 0 : waitFor(far, this.#limits)
    const avoid = task.failedSlots.has(index) && task.failedSlots.size < this.#slots.length
    return avoid ? Math.max(wait, this.#limits.anyDelayMs) : wait
  }

  #nextWake(): number | undefined {
    let wake: number | undefined
    for (const [index, slot] of this.#slots.entries()) {
      if (slot.running !== undefined) continue
      for (const [, task] of this.#runnable()) {
        const at = freeSince(task, slot) + this.#wait(task, index, slot)
        if (wake === undefined || at < wake) wake = at
      }
    }
    return wake
  }

  /** Idle slots and nothing left to give them: company for what is slow. Returns when to look again. */
  #speculate(now: number): number | undefined {
    if (!this.#limits.speculate || !this.#runnable().next().done) return undefined
    const kind = this.#mapsDone < this.#maps.length ? 'map' : 'reduce'
    const slowMs = this.#pace[kind].slowMs
    if (slowMs === undefined) return undefined
    const alone = (kind === 'map' ? this.#maps : this.#reduces)
      .filter((task) => task.state === 'running' && !task.speculated && runners(task).length === 1)
      .map((task) => ({ task, dueMs: (runners(task)[0]?.startedMs ?? now) + slowMs }))
      .sort((left, right) => left.dueMs - right.dueMs)
    for (const [index, slot] of this.#slots.entries()) {
      if (slot.running !== undefined) continue
      const [slowest] = alone
      if (slowest === undefined) return undefined
      if (slowest.dueMs > now) return slowest.dueMs
      alone.shift()
      slowest.task.speculated = true
      this.#launch(slowest.task, index, slot, now, true)
    }
    return undefined
  }

  #launch(task: TaskState, index: number, slot: SlotState, now: number, speculative: boolean): void {
    task.state = 'running'
    task.attempt++
    const launchedAt = ++this.#sequence
    const live = { attempt: task.attempt, slot: index, launchedAt, startedMs: now, ended: false }
    task.live = [...task.live, live]
    slot.running = live
    const locality = localityOf(task.placement, slot)
    this.#actions.push({ type: 'launch', ...refOf(task, task.attempt), slot: index, locality, speculative })
  }

  #discard({ kind, task, attempt }: AttemptRef): void {
    this.#actions.push({ type: 'discard', kind, task, attempt })
  }

  #find({ kind, task }: Pick<AttemptRef, 'kind' | 'task'>): TaskState {
    const found = (kind === 'map' ? this.#maps : this.#reduces)[task]
    if (found === undefined) throw new RangeError(`there is no ${kind} ${task}`)
    return found
  }
}
