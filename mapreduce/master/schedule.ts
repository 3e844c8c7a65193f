import type { MasterLimits } from './limits.ts'
import { type Distance, distance, localityOf, nearest } from './locality.ts'
import type {
  AttemptFailure,
  AttemptRef,
  JobFailure,
  ScheduleAction,
  ScheduleEvent,
  ScheduleSlot,
} from './schedule-events.ts'
import { comesBefore, freeSince, freshTask, refOf, type SlotState, type TaskState } from './schedule-state.ts'
import type { Placement } from './splits.ts'

export type ScheduleLimits = Pick<
  MasterLimits,
  'taskAttemptsMax' | 'lossesInARowMax' | 'lostRunsMax' | 'rackDelayMs' | 'anyDelayMs'
>

export interface ScheduleInput {
  readonly slots: readonly ScheduleSlot[]
  /** One a map task. */
  readonly maps: readonly Placement[]
  readonly reducers: number
  readonly limits: ScheduleLimits
}

const waitFor = (far: Distance, limits: ScheduleLimits): number => [0, limits.rackDelayMs, limits.anyDelayMs][far] ?? 0

/**
 * Decides which attempt runs on which slot, which one commits and when the job is over: events in, actions out. It
 * knows no clock, no timer, no thread; the same events give the same actions. At most one attempt of a task is alive,
 * and at most one is granted the commit.
 *
 * Choice: an idle slot takes the first task (in input order) that no other slot is nearer to; for a task of its rack
 * or beyond, or one that has failed on this slot before, it first holds back a moment so that a better slot may come
 * free. The moment counts from when both slot and task were free, so a busy cluster pays nothing.
 */
export class Schedule {
  readonly #limits: ScheduleLimits
  readonly #slots: SlotState[]
  readonly #maps: TaskState[]
  readonly #reduces: TaskState[]
  readonly #pending: TaskState[]
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
    this.#pending = [...this.#maps, ...this.#reduces]
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
      return
    }
    if (event.type === 'tick') return
    const task = this.#find(event)
    const expected = event.type === 'committed' ? 'committing' : 'running'
    const commitFailed = event.type === 'failed' && task.state === 'committing'
    if (task.attempt !== event.attempt || (task.state !== expected && !commitFailed)) {
      // A late answer of an attempt that was given up.
      if (event.type !== 'committed') this.#discard(event)
      return
    }
    if (task.state === 'running') this.#free(task.slot, event.now)
    switch (event.type) {
      case 'succeeded':
        task.state = 'committing'
        this.#actions.push({ type: 'commit', ...refOf(task) })
        return
      case 'committed':
        this.#finish(task)
        return
      case 'timed-out':
        this.#discard(event)
        this.#fault(task, event.failure, false, event.now)
        return
      case 'failed':
        this.#discard(event)
        if (event.lostMaps.length > 0 && !event.permanent)
          this.#rerunLost(task, event.lostMaps, event.failure, event.now)
        else this.#fault(task, event.failure, event.permanent, event.now)
        return
      case 'lost':
        this.#discard(event)
        task.lossesInARow++
        if (task.lossesInARow >= this.#limits.lossesInARowMax) this.#failJob(task, event.failure, 'losses')
        else this.#requeue(task, event.now)
        return
    }
  }

  #finish(task: TaskState): void {
    task.state = 'done'
    task.lossesInARow = 0
    task.doneAt = ++this.#sequence
    if (task.kind === 'map') this.#mapsDone++
    else this.#reducesDone++
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

  #fault(task: TaskState, failure: AttemptFailure, permanent: boolean, now: number): void {
    task.failures++
    task.lossesInARow = 0
    task.failedSlots.add(task.slot)
    task.firstFailure ??= failure
    if (permanent) this.#failJob(task, failure, 'permanent')
    else if (task.failures >= this.#limits.taskAttemptsMax) this.#failJob(task, task.firstFailure, 'attempts')
    else this.#requeue(task, now)
  }

  /** A reduce met run files that are gone or damaged: their maps run again at once, then the reduce; neither is to blame. */
  #rerunLost(reduce: TaskState, lostMaps: readonly number[], failure: AttemptFailure, now: number): void {
    for (const index of new Set(lostMaps)) {
      const map = this.#maps[index]
      if (map === undefined)
        throw new RangeError(`reduce ${reduce.task} reports the run of map ${index}, which does not exist`)
      // Already on its way, or made anew since this reduce was launched with the old run.
      if (map.state !== 'done' || map.doneAt > reduce.launchedAt) continue
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

  #requeue(task: TaskState, now: number): void {
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
        this.#launch(task, index, slot)
      }
    }
    const wake = this.#nextWake()
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

  #launch(task: TaskState, index: number, slot: SlotState): void {
    task.state = 'running'
    task.attempt++
    task.slot = index
    task.launchedAt = ++this.#sequence
    slot.running = task
    this.#actions.push({ type: 'launch', ...refOf(task), slot: index, locality: localityOf(task.placement, slot) })
  }

  #discard({ kind, task, attempt }: AttemptRef): void {
    this.#actions.push({ type: 'discard', kind, task, attempt })
  }

  #find({ kind, task }: AttemptRef): TaskState {
    const found = (kind === 'map' ? this.#maps : this.#reduces)[task]
    if (found === undefined) throw new RangeError(`there is no ${kind} ${task}`)
    return found
  }
}
