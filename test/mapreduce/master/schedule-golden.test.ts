import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../../mapreduce/master/schedule.ts'
import type { ScheduleEvent, TaskKind } from '../../../mapreduce/master/schedule-events.ts'
import type { Placement } from '../../../mapreduce/master/splits.ts'
import { actionLine, eventLine, failure, limits, makeSchedule, on } from './schedule-model.ts'

/** QUERN_GOLDEN=rewrite writes the transcripts anew; then read the difference before committing it. */
const rewrite = process.env['QUERN_GOLDEN'] === 'rewrite'

class Transcript {
  readonly #schedule: Schedule
  #text: string

  constructor(
    nodes: readonly string[],
    maps: readonly Placement[],
    reducers: number,
    more: Parameters<typeof makeSchedule>[3] = {},
  ) {
    this.#schedule = makeSchedule(nodes, maps, reducers, more)
    const slots = nodes.map((node, slot) => `slot ${slot}${node === '' ? '' : ` at ${node}`}`).join(', ')
    const places = maps.map(
      (map, task) => `map ${task} ${map.kind === 'nodes' ? `on ${map.nodes.join(' ')}` : map.kind}`,
    )
    this.#text = `${slots}\n${places.join(', ')}\n${reducers} reduces\n\n`
  }

  send(event: ScheduleEvent): this {
    const lines = [eventLine(event), ...this.#schedule.handle(event).map(actionLine)]
    this.#text += `${lines.join('\n')}\n`
    return this
  }

  start = (): this => this.send({ type: 'start', now: 0 })
  tick = (now: number): this => this.send({ type: 'tick', now })
  ok(now: number, kind: TaskKind, task: number, attempt = 1): this {
    this.send({ type: 'succeeded', kind, task, attempt, now })
    return this.send({ type: 'committed', kind, task, attempt, now })
  }
  fail(
    now: number,
    kind: TaskKind,
    task: number,
    attempt: number,
    more: { permanent?: boolean; lostMaps?: number[] } = {},
  ): this {
    return this.send({ type: 'failed', kind, task, attempt, now, failure, permanent: false, lostMaps: [], ...more })
  }
  lose(now: number, kind: TaskKind, task: number, attempt: number): this {
    return this.send({ type: 'lost', kind, task, attempt, now, failure: { code: 'MR_TASK_LOST', message: 'gone' } })
  }

  matches(name: string): void {
    const file = new URL(`../../golden/schedule-${name}.txt`, import.meta.url)
    if (rewrite) writeFileSync(file, this.#text)
    expect(this.#text).toBe(readFileSync(file, 'utf8'))
  }
}

const here: Placement = { kind: 'local-file' }

describe('what the scheduler decides', () => {
  it('when all goes well: maps in order, then reduces', () => {
    new Transcript(['', ''], [here, here, here], 2)
      .start()
      .ok(10, 'map', 0)
      .ok(20, 'map', 1)
      .ok(30, 'map', 2)
      .ok(40, 'reduce', 1)
      .ok(50, 'reduce', 0)
      .matches('all-well')
  })

  it('when there are no reduces', () => {
    new Transcript([''], [here, here], 0).start().ok(10, 'map', 0).ok(20, 'map', 1).matches('map-only')
  })

  it('about who is near: data-local first, the rack after a delay, any place after a longer one', () => {
    new Transcript(['a', 'b', 'c'], [on('a'), on('a'), on('a'), on('c'), on('d')], 0)
      .start()
      .tick(50)
      .ok(60, 'map', 3)
      .tick(159)
      .tick(160)
      .ok(170, 'map', 0)
      .matches('locality')
  })

  it('about waiting: not at all for a place where no slot is', () => {
    new Transcript(['a', 'b'], [on('c'), on('d')], 0).start().matches('no-slot-there')
  })

  it('about a failed attempt: on another slot if one can take it, four times in all', () => {
    new Transcript(['', ''], [here], 1)
      .start()
      .fail(10, 'map', 0, 1)
      .fail(20, 'map', 0, 2)
      .fail(30, 'map', 0, 3)
      .fail(40, 'map', 0, 4)
      .matches('four-attempts')
  })

  it('about a failed attempt while the other slot is busy: wait a moment, then take the same', () => {
    new Transcript(['', ''], [here, here], 0).start().fail(10, 'map', 0, 1).tick(109).tick(110).matches('same-slot')
  })

  it('about a failure that trying again can not help', () => {
    new Transcript(['', ''], [here, here], 1)
      .start()
      .fail(10, 'map', 1, 1, { permanent: true })
      .ok(20, 'map', 0)
      .matches('permanent')
  })

  it('about lost workers: not counted as failures, but not for ever', () => {
    const transcript = new Transcript([''], [here], 0).start()
    for (let attempt = 1; attempt <= limits.lossesInARowMax; attempt++) transcript.lose(attempt * 10, 'map', 0, attempt)
    transcript.matches('lost-workers')
  })

  it('about a lost run file: the map again at once, then the reduce, nobody blamed', () => {
    new Transcript(['', ''], [here, here], 2)
      .start()
      .ok(10, 'map', 0)
      .ok(20, 'map', 1)
      .fail(30, 'reduce', 0, 1, { lostMaps: [1] })
      // The other reduce met the same loss; by then the map runs again, so it is not run a third time.
      .fail(40, 'reduce', 1, 1, { lostMaps: [1] })
      .ok(50, 'map', 1, 2)
      .ok(60, 'reduce', 0, 2)
      .ok(70, 'reduce', 1, 2)
      .matches('lost-run')
  })

  it('about a report of a lost run that is out of date', () => {
    new Transcript(['', '', ''], [here], 2)
      .start()
      .ok(10, 'map', 0)
      .fail(20, 'reduce', 0, 1, { lostMaps: [0] })
      .ok(30, 'map', 0, 2)
      .fail(40, 'reduce', 1, 1, { lostMaps: [0] })
      .matches('stale-lost-run')
  })

  it('about an attempt that answers after it was given up: thrown away', () => {
    new Transcript([''], [here], 0)
      .start()
      .send({ type: 'timed-out', kind: 'map', task: 0, attempt: 1, now: 60, failure })
      .send({ type: 'succeeded', kind: 'map', task: 0, attempt: 1, now: 70 })
      .ok(80, 'map', 0, 2)
      .matches('late-answer')
  })

  it('about a commit that fails: a failure of the attempt', () => {
    new Transcript([''], [here], 0)
      .start()
      .send({ type: 'succeeded', kind: 'map', task: 0, attempt: 1, now: 10 })
      .fail(20, 'map', 0, 1)
      .ok(30, 'map', 0, 2)
      .matches('failed-commit')
  })

  it('about a slow map, when asked: a second attempt on the idle slot, and the first to commit ends the other', () => {
    new Transcript(['', ''], [here, here, here, here], 1, { speculate: true })
      .start()
      .ok(40, 'map', 1)
      .ok(80, 'map', 2)
      .ok(120, 'map', 3)
      .tick(159)
      .tick(160)
      .ok(200, 'map', 0, 2)
      .lose(201, 'map', 0, 1)
      .ok(240, 'reduce', 0)
      .matches('second-attempt-wins')
  })

  it('about a slow map whose first attempt wins: the second is ended, and what it answers is thrown away', () => {
    new Transcript(['', ''], [here, here], 0, { speculate: true })
      .start()
      .ok(10, 'map', 1)
      .tick(100)
      .send({ type: 'succeeded', kind: 'map', task: 0, attempt: 1, now: 110 })
      .send({ type: 'succeeded', kind: 'map', task: 0, attempt: 2, now: 111 })
      .send({ type: 'committed', kind: 'map', task: 0, attempt: 1, now: 112 })
      .matches('first-attempt-wins')
  })

  it('about two attempts of a task of which one fails: the other goes on alone', () => {
    new Transcript(['', ''], [here, here], 0, { speculate: true })
      .start()
      .ok(10, 'map', 1)
      .tick(100)
      .fail(110, 'map', 0, 1)
      .ok(120, 'map', 0, 2)
      .matches('company-fails')
  })

  it('about two reduces of one partition that meet the same lost run: the map again, then one reduce', () => {
    new Transcript(['', ''], [here], 2, { speculate: true })
      .start()
      .ok(10, 'map', 0)
      .ok(20, 'reduce', 1)
      .tick(110)
      .fail(120, 'reduce', 0, 1, { lostMaps: [0] })
      .fail(130, 'reduce', 0, 2, { lostMaps: [0] })
      .ok(140, 'map', 0, 2)
      .ok(150, 'reduce', 0, 3)
      .matches('company-meets-lost-run')
  })

  it('about a record that is known to be bad: the failures before are forgotten', () => {
    const transcript = new Transcript([''], [here], 0).start()
    for (let attempt = 1; attempt <= 6; attempt++) {
      transcript.send({
        type: 'timed-out',
        kind: 'map',
        task: 0,
        attempt,
        now: attempt * 200,
        failure,
        narrowed: attempt % 2 === 0,
      })
      transcript.tick(attempt * 200 + 100)
    }
    transcript.ok(2000, 'map', 0, 7).matches('narrowed')
  })

  it('about maps that an earlier run has finished: they are not run, unless their runs are lost', () => {
    new Transcript(['', ''], [here, here, here], 1, { doneMaps: [0, 2] })
      .start()
      .ok(10, 'map', 1)
      .fail(20, 'reduce', 0, 1, { lostMaps: [2] })
      .ok(30, 'map', 2)
      .ok(40, 'reduce', 0, 2)
      .matches('resumed')
  })
})
