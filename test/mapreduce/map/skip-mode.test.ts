import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BadRecord } from '../../../mapreduce/input/bad-record.ts'
import type { RecordReader } from '../../../mapreduce/input/record-reader.ts'
import { SkipMode, type SkipSegment } from '../../../mapreduce/map/skip-mode.ts'
import { PROGRESS_FIELDS, progressField } from '../../../mapreduce/master/task.ts'
import { ProgressRow } from '../../../mapreduce/task/progress-row.ts'
import { SideFiles } from '../../../mapreduce/task/side-file.ts'
import { WorkerTaskContext } from '../../../mapreduce/task/task-context.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'quern-skip-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Records of ten bytes, of which those with a brace are refused by their format. */
class Refusing implements RecordReader {
  record = ''
  offset = -10
  private readonly records: readonly string[]
  private readonly cause: (offset: number) => Error

  constructor(records: readonly string[], cause: (offset: number) => Error = bad) {
    this.records = records
    this.cause = cause
  }

  next(): boolean {
    this.offset += 10
    const record = this.records[this.offset / 10]
    if (record === undefined) return false
    this.record = record
    if (record.startsWith('{')) throw this.cause(this.offset)
    return true
  }

  head(bytesMax: number): Buffer {
    return Buffer.from(this.record).subarray(0, bytesMax)
  }
}

const bad = (offset: number): BadRecord => new BadRecord('in', offset, Buffer.from('{...'), 'it is not JSON')
const memory = new SharedArrayBuffer(PROGRESS_FIELDS * 8)

type MapFunction = (record: unknown, emit: (key: unknown) => void) => unknown

function mode(atMost = 10): SkipMode {
  const skippedFile = path.join(directory, 'skipped')
  const task = { kind: 'map', task: 0, attempt: 1, segments: [], outputFile: '', skippedFile } as const
  const progress = new ProgressRow(memory, 0)
  const ctx = new WorkerTaskContext(
    task,
    { params: {} },
    progress,
    new AbortController().signal,
    () => {},
    new SideFiles([]),
  )
  return new SkipMode(task, { progress, ctx }, atMost)
}

const emitted: unknown[] = []
const segment = (reader: RecordReader, map: MapFunction = () => {}): SkipSegment => ({
  input: { map },
  reader,
  output: { emit: (key) => emitted.push(String(key)), records: 0, flush: () => {} },
  file: 4,
  name: 'in',
  onRecord: () => {},
  lend: (record) => ({ record, scribble: () => {} }),
})

describe('a record that its format refuses', () => {
  it('is set aside whole, and the one behind it is mapped', async () => {
    emitted.length = 0
    const skip = mode()
    await skip.mapRecords(segment(new Refusing(['one', '{ no json', 'two', '{']), (record, emit) => emit(record)))
    expect(emitted).toEqual(['one', 'two'])
    const file = path.join(directory, 'skipped')
    expect(skip.skipped).toEqual({ skipped: { file, records: 2 } })
    const [first = ''] = readFileSync(file, 'utf8').split('\n')
    const error = 'in, byte 10: it is not JSON. The record begins "{..."'
    expect(JSON.parse(first)).toEqual({ file: 'in', offset: 10, length: 9, error, text: '{ no json' })
  })

  it('ends the task when it is one too many', async () => {
    await expect(mode(1).mapRecords(segment(new Refusing(['{', '{'])))).rejects.toMatchObject({
      code: 'MR_SKIPPED_TOO_MANY',
      message: expect.stringContaining('the last one, at in, byte 10'),
    })
  })

  it('is told from a reader that failed', async () => {
    const broken = new Error('the disk')
    await expect(mode().mapRecords(segment(new Refusing(['{'], () => broken)))).rejects.toBe(broken)
  })
})

describe('the record at hand', () => {
  it('stands in the progress row during its call, and none between calls', async () => {
    const row = new Float64Array(memory)
    const seen: unknown[] = []
    const map: MapFunction = (record) => {
      seen.push([row[progressField.recordFile], row[progressField.recordOffset]])
      if (record === 'two') throw new Error('no')
    }
    await mode().mapRecords(segment(new Refusing(['one', 'two', 'three']), map))
    expect(seen).toEqual([
      [5, 0],
      [5, 10],
      [5, 20],
    ])
    expect(row[progressField.recordFile]).toBe(0)
  })
})
