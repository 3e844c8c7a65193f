import { describe, expect, it } from 'vitest'
import { styleFor } from '../../../bin/terminal/style.ts'
import { summaryLines } from '../../../bin/terminal/summary.ts'
import { displayWidth } from '../../../bin/terminal/width.ts'
import { counter } from '../../../mapreduce/base/counters.ts'
import type { JobReport, TaskTiming } from '../../../mapreduce/master/run-job.ts'
import { Captured } from '../support/captured-io.ts'

const plain = styleFor(new Captured(), {})

const timing = (task: number, ms: number, kind: 'map' | 'reduce' = 'map'): TaskTiming => ({
  kind,
  task,
  attempt: 1,
  slot: 0,
  locality: 'data-local',
  startMs: 100,
  endMs: 100 + ms,
  inputBytes: 1,
  outcome: 'done',
  speculative: false,
})

const report: JobReport = {
  jobId: 'job-1',
  jobName: 'wordcount',
  state: 'succeeded',
  inputFiles: 2,
  inputBytes: 13_186_888,
  maps: 13,
  reducers: 1,
  workers: 2,
  memoryBytes: 2 ** 30,
  counters: {
    [counter.mapInputRecords]: 27_164,
    [counter.combineInputRecords]: 2_200_000,
    [counter.combineOutputRecords]: 110_000,
    [counter.shuffleBytes]: 1_500_000,
    [counter.reduceInputGroups]: 60_123,
    [counter.spills]: 13,
    [counter.dataLocal]: 12,
    [counter.rackLocal]: 1,
    [counter.offRack]: 0,
  },
  userCounters: {},
  output: { path: '/counts', files: 1, bytes: 700_000, records: 60_123 },
  named: [],
  times: { planMs: 12, mapMs: 640, reduceMs: 90, commitMs: 31, totalMs: 800 },
  tasks: [timing(0, 40), timing(1, 60), timing(2, 180), timing(0, 90, 'reduce')],
  notes: [],
}

const lines = (changes: Partial<JobReport> = {}, columns = 80) =>
  summaryLines({ ...report, ...changes }, columns, plain)

describe('the summary of a job', () => {
  it('is easy to read in 80 columns', () => {
    expect(lines().join('\n')).toBe(
      [
        'wordcount is done in 800 ms: /counts',
        '  in       2 files, 13 MiB, 27,164 records',
        '  out      1 file, 684 KiB, 60,123 records',
        '  time     plan 12 ms, map 640 ms, reduce 90 ms, commit 31 ms, 16 MiB/s',
        '  tasks    13 maps and 1 reduce on 2 workers, 12 data-local, 1 rack-local',
        '  slowest  map 2 took 180 ms, 3.0 times the median of 60 ms',
        '  combine  2,200,000 records to 110,000, 5.0 % left',
        '  shuffle  1.4 MiB, 60,123 keys, no spills',
      ].join('\n'),
    )
  })

  it('breaks between phrases, then between words, in 40 columns', () => {
    expect(lines({}, 40).slice(0, 6)).toEqual([
      'wordcount is done in 800 ms: /counts',
      '  in       2 files, 13 MiB,',
      '           27,164 records',
      '  out      1 file, 684 KiB,',
      '           60,123 records',
      '  time     plan 12 ms, map 640 ms,',
    ])
  })

  it.each([40, 80, 120])('fits %d columns, coloured or not, unless one word is wider', (columns) => {
    const full: JobReport = {
      ...report,
      counters: {
        ...report.counters,
        [counter.spills]: 14,
        [counter.offRack]: 2,
        [counter.spilledBytes]: 2 ** 31,
        [counter.failedAttempts]: 2,
        [counter.timedOutAttempts]: 1,
        [counter.lostAttempts]: 1,
        [counter.skippedRecords]: 12,
        [counter.speculativeAttempts]: 2,
        [counter.speculativeWon]: 1,
      },
      named: [{ name: 'errors', files: 1, bytes: 2048, records: 31 }],
      userCounters: { 'lines without a date': 1234 },
      notes: ['block 12 on datanode-2 was corrupt at chunk 3: read from datanode-1 and repaired'],
    }
    for (const style of [plain, styleFor(new Captured(columns), { FORCE_COLOR: '1' })]) {
      for (const line of summaryLines(full, columns, style)) expect(displayWidth(line)).toBeLessThan(columns)
    }
    const text = summaryLines(full, columns, plain).join(' ').replace(/\s+/g, ' ')
    expect(text).toContain('14 spills of 2 GiB')
    expect(text).toContain('2 off-rack')
    expect(text).toContain('attempts 2 failed, 1 timed out, 1 lost, tried again')
    expect(text).toContain('output errors, 1 file, 2 KiB, 31 records')
    expect(text).toContain('skipped 12 bad records, kept in _skipped')
    expect(text).toContain('slow 2 second attempts of slow tasks, 1 of them first')
    expect(text).toContain('counter lines without a date 1,234')
    expect(text).toContain('note block 12 on datanode-2 was corrupt')
  })

  it('leaves out what does not apply', () => {
    const text = lines({
      reducers: 0,
      counters: {},
      tasks: [timing(0, 5)],
      inputBytes: 0,
      maps: 1,
      workers: 1,
      inputFiles: 1,
    }).join('\n')
    expect(text).toContain('in       1 file, 0 B, 0 records')
    expect(text).toContain('tasks    1 map on 1 worker')
    expect(text).not.toMatch(/reduce|slowest|combine|shuffle|local|\/s|attempts/)
  })

  it('compares with the median of an even number, and not with a median of nothing', () => {
    expect(lines({ tasks: [timing(0, 10), timing(1, 30)] }).join('\n')).toContain(
      'map 1 took 30 ms, 1.5 times the median of 20 ms',
    )
    expect(lines({ tasks: [timing(0, 0), timing(1, 0)] }).join('\n')).toContain('took 0 ms\n')
  })

  it('lets no name of a counter redraw the terminal', () => {
    expect(lines({ userCounters: { 'a\u001b[2J': 1 } }).join('\n')).toContain('a?[2J 1')
  })
})
