import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptRef, ScheduleAction, ScheduleEvent } from '../../../mapreduce/master/schedule-events.ts'
import type { Placement } from '../../../mapreduce/master/splits.ts'
import { failure, limits, makeSchedule, on } from './schedule-model.ts'

/** What may happen to a running attempt next; chosen at random. */
type Fate = 'succeed' | 'fail' | 'lose' | 'time-out' | 'permanent' | 'lose-run'

const key = ({ kind, task }: Pick<AttemptRef, 'kind' | 'task'>): string => `${kind} ${task}`
const name = ({ kind, task, attempt }: AttemptRef): string => `${kind} ${task}.${attempt}`

/** Plays the world around the core: runs what it launches, commits what it grants, and holds it to its promises. */
class World {
  readonly #schedule
  readonly #maps: number
  readonly #reducers: number
  /** Attempts on their slots, by name. */
  readonly live = new Map<string, AttemptRef & { slot: number; ended: boolean }>()
  readonly #together: number
  speculated = 0
  readonly committing = new Map<string, AttemptRef>()
  readonly committed = new Map<string, number>()
  readonly #past: AttemptRef[] = []
  reruns = 0
  over: ScheduleAction | undefined
  wake: number | undefined
  now = 0

  constructor(nodes: readonly string[], maps: readonly Placement[], reducers: number, speculate = false) {
    this.#schedule = makeSchedule(nodes, maps, reducers, { speculate })
    this.#together = speculate ? 2 : 1
    this.#maps = maps.length
    this.#reducers = reducers
  }

  send(event: ScheduleEvent): void {
    this.wake = undefined
    for (const action of this.#schedule.handle(event)) {
      if (this.over !== undefined && action.type !== 'discard') throw new Error(`${action.type} after the end`)
      switch (action.type) {
        case 'launch': {
          expect(this.committing.has(key(action)), `${key(action)} is being committed`).toBe(false)
          expect(this.rivals(action).length, `${key(action)} is alive already`).toBeLessThan(this.#together)
          if (action.speculative) this.speculated++
          expect([...this.live.values()].map(({ slot }) => slot)).not.toContain(action.slot)
          if (action.kind === 'reduce') expect(this.#schedule.mapsDone).toBe(this.#maps)
          this.live.set(name(action), { ...action, ended: false })
          break
        }
        case 'end': {
          const ended = this.live.get(name(action))
          if (ended?.slot !== action.slot) throw new Error(`${name(action)} is to be ended and does not run there`)
          ended.ended = true
          break
        }
        case 'commit':
          expect(this.committing.has(key(action)), `${key(action)} is being committed`).toBe(false)
          this.committing.set(key(action), action)
          break
        case 'wake':
          expect(action.at).toBeGreaterThan(this.now)
          this.wake = action.at
          break
        case 'job-done':
        case 'job-failed':
          this.over = action
          break
        case 'discard':
        case 'maps-done':
          break
      }
    }
  }

  /** Attempts of the same task that may still win. */
  rivals(ref: AttemptRef): AttemptRef[] {
    return [...this.live.values()].filter((other) => key(other) === key(ref) && !other.ended)
  }

  end(ref: AttemptRef, fate: Fate): void {
    const { kind, task, attempt } = ref
    const about = { kind, task, attempt, now: this.now }
    this.live.delete(name(ref))
    this.#past.push(ref)
    if (fate === 'succeed') this.send({ type: 'succeeded', ...about })
    else if (fate === 'lose') this.send({ type: 'lost', ...about, failure })
    else if (fate === 'time-out') this.send({ type: 'timed-out', ...about, failure })
    else {
      const lostMaps = fate === 'lose-run' && kind === 'reduce' ? [task % this.#maps] : []
      if (lostMaps.length > 0) this.reruns++
      this.send({ type: 'failed', ...about, failure, permanent: fate === 'permanent', lostMaps })
    }
  }

  commit(ref: AttemptRef, works: boolean): void {
    this.committing.delete(key(ref))
    const about = { kind: ref.kind, task: ref.task, attempt: ref.attempt, now: this.now }
    if (works) {
      this.committed.set(key(ref), (this.committed.get(key(ref)) ?? 0) + 1)
      this.send({ type: 'committed', ...about })
    } else {
      this.send({ type: 'failed', ...about, failure, permanent: false, lostMaps: [] })
    }
  }

  /** An attempt that ended long ago answers once more. */
  echo(pick: number): void {
    const ref = this.#past[pick % Math.max(1, this.#past.length)]
    if (ref === undefined || this.live.has(name(ref))) return
    if (this.committing.get(key(ref))?.attempt === ref.attempt) return
    this.send({ type: 'succeeded', kind: ref.kind, task: ref.task, attempt: ref.attempt, now: this.now })
  }

  /** Nothing may hang: there is always something running, being committed, or an appointed time. */
  checkAlive(): void {
    if (this.over === undefined)
      expect(this.live.size + this.committing.size + (this.wake === undefined ? 0 : 1)).toBeGreaterThan(0)
  }

  checkDone(): void {
    for (let task = 0; task < this.#reducers; task++)
      expect(this.committed.get(`reduce ${task}`), `reduce ${task}`).toBe(1)
    for (let task = 0; task < this.#maps; task++) {
      const times = this.committed.get(`map ${task}`) ?? 0
      expect(times).toBeGreaterThanOrEqual(1)
      expect(times).toBeLessThanOrEqual(1 + this.reruns)
    }
  }
}

interface Move {
  readonly fate: Fate
  readonly pick: number
  readonly after: number
  readonly commitWorks: number
  readonly echo: number
}

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>('succeed') },
  { weight: 3, arbitrary: fc.constantFrom<Fate>('fail', 'lose', 'time-out', 'lose-run') },
  { weight: 1, arbitrary: fc.constant<Fate>('permanent') },
)
const steps: fc.Arbitrary<Move> = fc.record({
  fate: fates,
  pick: fc.nat(1000),
  after: fc.nat(60),
  commitWorks: fc.integer({ min: 0, max: 9 }),
  echo: fc.nat(9),
})
const places: fc.Arbitrary<Placement> = fc.oneof(
  fc.constant<Placement>({ kind: 'local-file' }),
  fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }).map((nodes) => on(...nodes)),
)

function play(
  nodes: readonly string[],
  maps: readonly Placement[],
  reducers: number,
  moves: readonly Move[],
  speculate = false,
): World {
  const world = new World(nodes, maps, reducers, speculate)
  world.send({ type: 'start', now: 0 })
  // Once the random moves are used up everything succeeds, so that the job has to end.
  const calm: Move = { fate: 'succeed', pick: 0, after: 7, commitWorks: 1, echo: 1 }
  for (let turn = 0; world.over === undefined; turn++) {
    const move = moves[turn] ?? calm
    world.checkAlive()
    world.now += move.after
    const running = [...world.live.values()]
    const waiting = [...world.committing.values()]
    const ref = [...running, ...waiting][move.pick % Math.max(1, running.length + waiting.length)]
    if (move.echo === 0) world.echo(move.pick)
    else if (ref === undefined || (world.wake !== undefined && world.wake <= world.now)) {
      if (ref === undefined && world.wake !== undefined) world.now = Math.max(world.now, world.wake)
      world.send({ type: 'tick', now: world.now })
    } else if (waiting.includes(ref)) world.commit(ref, move.commitWorks !== 0)
    else world.end(ref, move.fate)
    if (turn > 5000) throw new Error('the job does not end')
  }
  return world
}

describe('the scheduler, whatever happens in whatever order,', () => {
  it('ends; never two live attempts of a task, none on a busy slot; every task committed once', () => {
    let failed = 0
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { minLength: 1, maxLength: 5 }),
        fc.array(places, { minLength: 1, maxLength: 8 }),
        fc.nat(5),
        fc.array(steps, { maxLength: 80 }),
        (nodes, maps, reducers, moves) => {
          const world = play(nodes, maps, reducers, moves)
          if (world.over?.type === 'job-done') world.checkDone()
          else failed++
        },
      ),
      { numRuns: 600 },
    )
    // Both ends were met, or the property says little.
    expect(failed).toBeGreaterThan(50)
    expect(failed).toBeLessThan(550)
  })

  it('ends just so when slow tasks get company: two attempts at the most, one of them committed', () => {
    let speculated = 0
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'c', ''), { minLength: 2, maxLength: 5 }),
        fc.array(places, { minLength: 1, maxLength: 8 }),
        fc.nat(5),
        fc.array(steps, { maxLength: 80 }),
        (nodes, maps, reducers, moves) => {
          const world = play(nodes, maps, reducers, moves, true)
          speculated += world.speculated
          if (world.over?.type === 'job-done') world.checkDone()
        },
      ),
      { numRuns: 600 },
    )
    expect(speculated).toBeGreaterThan(50)
  })

  it('always finishes the job when only workers are lost, fewer times in a row than the bound', () => {
    fc.assert(
      fc.property(
        fc.array(places, { minLength: 1, maxLength: 6 }),
        fc.nat(4),
        fc.array(fc.nat(60), { maxLength: 40 }),
        (maps, reducers, picks) => {
          const losses = new Map<string, number>()
          const world = new World(['a', 'c'], maps, reducers)
          world.send({ type: 'start', now: 0 })
          for (let turn = 0; world.over === undefined && turn < 3000; turn++) {
            world.now += 11
            const [committing] = world.committing.values()
            const running = [...world.live.values()]
            const ref = running[(picks[turn] ?? 0) % Math.max(1, running.length)]
            if (committing !== undefined) world.commit(committing, true)
            else if (ref === undefined) {
              world.now = Math.max(world.now, world.wake ?? 0)
              world.send({ type: 'tick', now: world.now })
            } else if (picks[turn] !== undefined && (losses.get(key(ref)) ?? 0) < limits.lossesInARowMax - 1) {
              losses.set(key(ref), (losses.get(key(ref)) ?? 0) + 1)
              world.end(ref, 'lose')
            } else world.end(ref, 'succeed')
          }
          expect(world.over?.type).toBe('job-done')
          world.checkDone()
        },
      ),
      { numRuns: 200 },
    )
  })

  it('refuses to begin without slots or maps, and to hear of tasks that are not', () => {
    expect(() => makeSchedule([], [{ kind: 'none' }], 0)).toThrow(RangeError)
    expect(() => makeSchedule([''], [], 0)).toThrow(RangeError)
    const schedule = makeSchedule([''], [{ kind: 'none' }], 1)
    expect(() => schedule.handle({ type: 'succeeded', kind: 'map', task: 7, attempt: 1, now: 0 })).toThrow('no map 7')
  })

  it('ends a job whose run files are lost again and again', () => {
    const schedule = makeSchedule([''], [{ kind: 'none' }], 1)
    let last: readonly ScheduleAction[] = schedule.handle({ type: 'start', now: 0 })
    for (let turn = 1; turn <= limits.lostRunsMax + 1; turn++) {
      schedule.handle({ type: 'succeeded', kind: 'map', task: 0, attempt: turn, now: 0 })
      schedule.handle({ type: 'committed', kind: 'map', task: 0, attempt: turn, now: 0 })
      const reduce = { kind: 'reduce', task: 0, attempt: turn, now: 0 } as const
      last = schedule.handle({
        type: 'failed',
        ...reduce,
        failure: { code: 'MR_LOST_RUN', message: 'gone' },
        permanent: false,
        lostMaps: [0],
      })
    }
    expect(last.at(-1)).toMatchObject({ type: 'job-failed', failure: { code: 'MR_LOST_RUN', rule: 'lost-runs' } })
  })
})
