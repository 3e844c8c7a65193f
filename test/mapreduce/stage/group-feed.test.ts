import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyFieldEnd } from '../../../mapreduce/record/stage-line.ts'
import { GroupFeed } from '../../../mapreduce/stage/group-feed.ts'
import type { LineSource } from '../../../mapreduce/stage/line-stream.ts'

let directory = ''

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-feed-'))
  process.env['QUERN_TMP'] = directory
})

afterEach(() => {
  delete process.env['QUERN_TMP']
  fs.rmSync(directory, { recursive: true, force: true })
})

function read(lines: LineSource): string[] {
  const texts: string[] = []
  while (lines.next()) texts.push(lines.bytes.toString('latin1', lines.start, lines.end))
  return texts
}

const keyOf = (line: string): string => {
  const bytes = Buffer.from(line, 'latin1')
  return line.slice(0, keyFieldEnd(bytes, 0, bytes.length))
}

async function feed(chunks: readonly Uint8Array[], memoryBytes: number, groupBy = 0): Promise<string[][]> {
  const batches: string[][] = []
  const groups = new GroupFeed({
    groupBy,
    memoryBytes,
    reduce: async (lines) => {
      batches.push(read(lines))
    },
  })
  try {
    for (const chunk of chunks) await groups.add(chunk)
    await groups.end()
  } finally {
    groups.close()
  }
  return batches
}

const sortedLines = fc
  .array(
    fc.tuple(
      fc.constantFrom('', 'a', 'ab', 'b', 'key'),
      fc.constantFrom('', '\t', '\t1', '\tvalue\twith tab', `\t${'long'.repeat(20)}`),
    ),
    {
      maxLength: 30,
    },
  )
  .map((pairs) => pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, rest]) => key + rest))

describe('lines handed on in whole groups', () => {
  it('all of them, in order, no group ever cut, for any chunks and any memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        sortedLines,
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.constantFrom(1, 10, 100, 1e6),
        fc.boolean(),
        async (lines, cuts, memoryBytes, finalFeed) => {
          const text = lines.join('\n') + (finalFeed && lines.length > 0 ? '\n' : '')
          const whole = Buffer.from(text)
          const at = [0, ...cuts.filter((cut) => cut <= whole.length).sort((a, b) => a - b), whole.length]
          const chunks = at.slice(1).map((end, index) => Buffer.from(whole.subarray(at[index], end)))
          const batches = await feed(chunks, memoryBytes)
          // A line without bytes at the very end is no line unless a LF ends it.
          const expected = text.split('\n')
          if (expected.at(-1) === '') expected.pop()
          expect(batches.flat()).toEqual(expected)
          for (const [index, batch] of batches.entries()) {
            const next = batches[index + 1]?.[0]
            if (next !== undefined) expect(keyOf(next)).not.toBe(keyOf(batch.at(-1) ?? ''))
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(fs.readdirSync(directory)).toEqual([])
  })

  it('keeps tuples together whose first fields agree', async () => {
    const lines = ['\u0001["a",1]\tx', '\u0001["a",2]\ty', '\u0001["b",1]', '\u0001["b",0]', 'plain', '\u00011']
    const chunks = lines.map((line) => Buffer.from(`${line}\n`))
    expect(await feed(chunks, 1e6, 1)).toEqual([lines.slice(0, 2), lines.slice(2, 4), ['plain'], ['\u00011']])
    expect((await feed(chunks, 1e6, 2)).length).toBe(6)
  })

  it('leaves no file behind when the reduce throws in the middle of a group on disk', async () => {
    const groups = new GroupFeed({
      groupBy: 0,
      memoryBytes: 4,
      reduce: () => Promise.reject(new Error('user code')),
    })
    await groups.add(Buffer.from('a\t1\na\t2\n'))
    expect(fs.readdirSync(directory).length).toBe(1)
    await expect(groups.add(Buffer.from('b\t1\n'))).rejects.toThrow('user code')
    groups.close()
    expect(fs.readdirSync(directory)).toEqual([])
  })

  it('leaves no file behind when nobody wants the rest', async () => {
    const groups = new GroupFeed({ groupBy: 0, memoryBytes: 4, reduce: () => Promise.resolve() })
    await groups.add(Buffer.from('a\t1\na\t2\n'))
    groups.close()
    groups.close()
    expect(fs.readdirSync(directory)).toEqual([])
  })

  it('reads lines longer than its buffer back from the file', async () => {
    const long = `a\t${'x'.repeat(700_000)}`
    expect(await feed([Buffer.from(`${long}\na\tshort\n${long}`)], 4)).toEqual([[long, 'a\tshort', long]])
  })
})
