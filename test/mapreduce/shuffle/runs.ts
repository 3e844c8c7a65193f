import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RecordStream } from '../../../mapreduce/record/record-stream.ts'
import type { SliceSource } from '../../../mapreduce/shuffle/run-cursor.ts'
import { RunWriter, type SliceRange } from '../../../mapreduce/shuffle/run-writer.ts'

export interface Row {
  readonly keyKind: number
  readonly key: Buffer
  readonly valueKind: number
  readonly value: Buffer
}

let directory: string | undefined
let files = 0

export function freshFile(): string {
  directory ??= mkdtempSync(path.join(tmpdir(), 'quern-shuffle-test-'))
  return path.join(directory, `file-${files++}`)
}

/** For the end of each test file that makes any. */
export function removeFiles(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  directory = undefined
}

export const row = (key: string | Buffer, value: string | Buffer = '', keyKind = 6, valueKind = 6): Row => ({
  keyKind,
  key: Buffer.from(key),
  valueKind,
  value: Buffer.from(value),
})

export const byKey = (a: Row, b: Row): number => a.keyKind - b.keyKind || Buffer.compare(a.key, b.key)

export interface WrittenRun {
  readonly file: string
  readonly bytes: number
  readonly slices: readonly SliceRange[]
}

/** One run file with a slice for each list of rows. */
export function writeRun(partitions: readonly (readonly Row[])[], bufferBytes = 3 * 32 * 1024): WrittenRun {
  const file = freshFile()
  const writer = new RunWriter(file, Buffer.alloc(bufferBytes))
  const slices = partitions.map((rows) => {
    for (const { keyKind, key, valueKind, value } of rows) {
      const bytes = Buffer.concat([Buffer.of(99), key, value])
      const end = 1 + key.length
      writer.write(bytes, keyKind, 1, end, bytes, valueKind, end, bytes.length)
    }
    return writer.endSlice()
  })
  const bytes = writer.close()
  if (bytes !== readFileSync(file).length) throw new Error('the writer told another length')
  return { file, bytes, slices }
}

export const sourceOf = ({ file }: WrittenRun, slice: SliceRange, mapTask = 7): SliceSource => ({
  file,
  mapTask,
  ...slice,
})

/** The record the stream stands on, copied. */
export function current({ view }: RecordStream): Row {
  return {
    keyKind: view.keyKind,
    key: Buffer.from(view.keyBytes.subarray(view.keyStart, view.keyEnd)),
    valueKind: view.valueKind,
    value: Buffer.from(view.valueBytes.subarray(view.valueStart, view.valueEnd)),
  }
}

export function readAll(stream: RecordStream): Row[] {
  const rows: Row[] = []
  while (stream.advance()) rows.push(current(stream))
  return rows
}

/** Rows as strings that compare quickly and show well. */
export const shown = (rows: readonly Row[]): string[] =>
  rows.map(
    ({ keyKind, key, valueKind, value }) =>
      `${keyKind}:${key.toString('latin1')}=${valueKind}:${value.toString('latin1')}`,
  )

/** A stream of rows in memory. */
export function streamOf(rows: readonly Row[]): RecordStream & { readonly advanced: number } {
  let at = -1
  const none = Buffer.alloc(0)
  const view = {
    keyBytes: none,
    keyKind: 0,
    keyStart: 0,
    keyEnd: 0,
    valueBytes: none,
    valueKind: 0,
    valueStart: 0,
    valueEnd: 0,
  }
  return {
    view,
    get advanced() {
      return at + 1
    },
    advance() {
      const next = rows[++at]
      // What was handed out before is spoilt: nobody may still look at it.
      view.keyBytes.fill(0x2a)
      view.valueBytes.fill(0x2a)
      if (next === undefined) return false
      view.keyBytes = Buffer.from(next.key)
      view.valueBytes = Buffer.from(next.value)
      view.keyKind = next.keyKind
      view.keyEnd = next.key.length
      view.valueKind = next.valueKind
      view.valueEnd = next.value.length
      return true
    },
  }
}
