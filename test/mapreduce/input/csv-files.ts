import { expect } from 'vitest'
import type { ByteSource } from '../../../mapreduce/input/byte-source.ts'
import { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { CsvReader } from '../../../mapreduce/input/csv-reader.ts'
import type { CsvDialect } from '../../../mapreduce/input/format.ts'
import { stripesOf } from '../../../mapreduce/input/quote-table.ts'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import type { CsvRow } from '../../../mapreduce/record/csv-row.ts'
import { compiledKernels } from '../kernels/compiled.ts'

/** The smallest chunk there is, so that records cross chunks and outgrow what is carried over. */
export const spaces = [plainKernels, compiledKernels].map((make) => {
  const arena = new Arena(1024 * 1024)
  return new ChunkSpace(arena, make(arena), 1024 * 1024)
})

export function sourceOf(bytes: Buffer): ByteSource {
  return {
    length: bytes.length,
    bad: [],
    read: (target, offset, position, length) => bytes.copy(target, offset, position, position + length),
    close() {},
  }
}

export interface ReadOptions extends CsvDialect {
  readonly space?: ChunkSpace | undefined
  readonly quotes?: Uint8Array
  readonly each?: (row: CsvRow, reader: CsvReader) => void
}

export const fieldsOf = (row: CsvRow): string[] => Array.from({ length: row.length }, (_, i) => row.get(i).toString())

export function readerOf(bytes: Buffer, start: number, length: number, options: ReadOptions = {}): CsvReader {
  const { space = spaces[1], quotes, each: _, ...dialect } = options
  if (space === undefined) throw new Error('no space')
  return new CsvReader(space, sourceOf(bytes), start, length, {
    name: 'in.csv',
    beforeRefill() {},
    onRead() {},
    format: { input: 'csv', ...dialect },
    ...(quotes === undefined ? {} : { quotes }),
  })
}

export function read(bytes: Buffer, start: number, length: number, options: ReadOptions = {}): string[][] {
  const reader = readerOf(bytes, start, length, options)
  const rows: string[][] = []
  while (reader.next()) {
    options.each?.(reader.record, reader)
    rows.push(fieldsOf(reader.record))
  }
  expect(reader.next()).toBe(false)
  return rows
}

export function readCut(bytes: Buffer, cuts: readonly number[], options: ReadOptions = {}): string[][] {
  const quotes = new Uint8Array(stripesOf(bytes.length))
  return [0, ...cuts].flatMap((start, i) =>
    read(bytes, start, (cuts[i] ?? bytes.length) - start, { quotes, ...options }),
  )
}

export const whole = (text: string, options?: ReadOptions): string[][] =>
  read(Buffer.from(text), 0, Buffer.byteLength(text), options)
