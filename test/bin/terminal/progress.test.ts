import { describe, expect, it } from 'vitest'
import { ProgressLine, progressLine } from '../../../bin/terminal/progress.ts'
import { styleFor } from '../../../bin/terminal/style.ts'
import { displayWidth } from '../../../bin/terminal/width.ts'
import type { JobProgress } from '../../../mapreduce/master/run-job.ts'
import { Captured } from '../support/captured-io.ts'

const plain = styleFor(new Captured(), {})
const coloured = styleFor(new Captured(80), { FORCE_COLOR: '1' })
const MiB = 2 ** 20

const mapping: JobProgress = {
  phase: 'map',
  mapsDone: 12,
  mapsTotal: 40,
  reducesDone: 0,
  reducesTotal: 4,
  running: 2,
  bytesIn: 300 * MiB,
  bytesTotal: 1000 * MiB,
  elapsedMs: 3100,
  failedAttempts: 0,
}
const started = { phase: 'map', elapsedMs: 100 } as const

describe('the line of a running job', () => {
  it.each([
    [
      120,
      'wordcount  ███████████░░░░░░░░░░░░░░░░░░░░░░░░  map 12/40  reduce 0/4  30 %  300 MiB of 1000 MiB  100 MiB/s  7.0 s left',
    ],
    [80, 'wordcount  █████░░░░░░░░░░░  map 12/40  reduce 0/4  30 %  100 MiB/s  7.0 s left'],
    [70, 'wordcount  map 12/40  reduce 0/4  30 %  100 MiB/s  7.0 s left'],
    [40, 'map 12/40  30 %  100 MiB/s  7.0 s left'],
    [20, 'map 12/40  30 %'],
    [8, '30 %'],
    [4, ''],
  ])('in %d columns', (columns, line) => {
    expect(progressLine('wordcount', mapping, started, columns, plain)).toBe(line)
  })

  it('never fills the last column, whatever the phase and the width', () => {
    const phases: JobProgress[] = [
      { ...mapping, phase: 'plan', mapsTotal: 0, bytesTotal: 0, bytesIn: 0 },
      { ...mapping, failedAttempts: 3, status: 'größe 漢字 \u001b[31m and more' },
      { ...mapping, phase: 'reduce', reducesDone: 1 },
      { ...mapping, phase: 'commit', reducesDone: 4 },
      { ...mapping, phase: 'done', reducesDone: 4 },
    ]
    for (const progress of phases) {
      for (let columns = 1; columns <= 200; columns++) {
        for (const style of [plain, coloured]) {
          const line = progressLine('ジョブ', progress, { phase: progress.phase, elapsedMs: 0 }, columns, style)
          expect(displayWidth(line)).toBeLessThan(columns)
        }
      }
    }
  })

  it('shows what a task says of itself, cut to the room there is', () => {
    const status = 'reading the index of the third archive, which takes a while'
    const line = (columns: number): string => progressLine('wordcount', { ...mapping, status }, started, columns, plain)
    expect(line(160)).toContain(`  ${status}`)
    expect(line(110)).toMatch(/ {2}reading the index of the[^…]*…$/)
    expect(line(70)).not.toContain('read')
  })

  it('says what matters in each phase', () => {
    const line = (progress: Partial<JobProgress>, columns = 100) =>
      progressLine(
        'job',
        { ...mapping, ...progress },
        { phase: progress.phase ?? 'map', elapsedMs: 1100 },
        columns,
        plain,
      )
    expect(line({ phase: 'plan', bytesTotal: 0 })).toBe('job  planning')
    expect(line({ phase: 'reduce', mapsDone: 40, reducesDone: 1 })).toContain('map 40/40  reduce 1/4  25 %  6.0 s left')
    expect(line({ phase: 'commit', mapsDone: 40, reducesDone: 4 })).toContain('committing')
    expect(line({ failedAttempts: 1 })).toContain('1 retry')
    expect(line({ failedAttempts: 2, status: 'page 7\r\n' }, 140)).toContain('2 retries  page 7??')
    expect(line({ reducesTotal: 0, bytesIn: 0 })).not.toMatch(/reduce|left|\/s/)
  })

  it('estimates nothing in the first second', () => {
    expect(progressLine('j', { ...mapping, elapsedMs: 1000 }, started, 120, plain)).not.toContain('left')
  })
})

describe('drawing it', () => {
  const drawn = (stream: Captured, quiet = false, term = 'xterm') => {
    const line = new ProgressLine({ stream, style: plain, jobName: 'j', quiet, term })
    return line
  }

  it('happens only on a terminal that can redraw, and not when quiet', () => {
    for (const line of [drawn(new Captured()), drawn(new Captured(80), true), drawn(new Captured(80), false, 'dumb')]) {
      line.update(mapping)
      line.clear()
    }
    const streams = [new Captured(), new Captured(80), new Captured(80)]
    const [file = new Captured(), quiet = new Captured(), dumb = new Captured()] = streams
    for (const line of [drawn(file), drawn(quiet, true), drawn(dumb, false, 'dumb')]) {
      line.update(mapping)
      line.clear()
    }
    expect(streams.map((stream) => stream.text)).toEqual(['', '', ''])
  })

  it('overwrites the line before and leaves nothing behind', () => {
    const stream = new Captured(40)
    const line = drawn(stream)
    line.update({ ...mapping, phase: 'plan' })
    line.update(mapping)
    line.clear()
    line.clear()
    expect(stream.text.split('\r\u001b[J')).toEqual(['', 'j  planning', 'j  map 12/40  reduce 0/4  30 %', ''])
  })

  it('takes away every row of a line that was broken by a narrower window', () => {
    const stream = new Captured(120)
    const line = drawn(stream)
    line.update({ ...mapping, elapsedMs: 9000 })
    const width = displayWidth(stream.text.replace('\r\u001b[J', ''))
    const before = stream.text
    stream.columns = 30
    line.clear()
    expect(stream.text.slice(before.length)).toBe(`\u001b[${Math.ceil(width / 30) - 1}A\r\u001b[J`)
  })
})
