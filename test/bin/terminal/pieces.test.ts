import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../../bin/commands/suggest.ts'
import { hadoopBytes, humanBytes, humanRate } from '../../../bin/terminal/bytes.ts'
import { humanDuration } from '../../../bin/terminal/durations.ts'
import { LineWriter, OutputClosed, write } from '../../../bin/terminal/output.ts'
import { styleFor, wantsColour } from '../../../bin/terminal/style.ts'
import { tableLines } from '../../../bin/terminal/table.ts'
import { displayWidth, printable } from '../../../bin/terminal/width.ts'
import { LeavingSink, MemorySink } from '../support/memory-io.ts'

describe('sizes', () => {
  it.each([
    [0, '0', '0 B'],
    [1023, '1023', '1023 B'],
    [1024, '1 K', '1 KiB'],
    [1536, '1.5 K', '1.5 KiB'],
    [1_048_575, '1.0 M', '1.0 MiB'],
    [1_048_576, '1 M', '1 MiB'],
    [67_108_864, '64 M', '64 MiB'],
    [123_456_789, '117.7 M', '118 MiB'],
    [5 * 1024 ** 4, '5 T', '5 TiB'],
  ])('%d as Hadoop and people write it', (bytes, hadoop, human) => {
    expect([hadoopBytes(bytes), humanBytes(bytes)]).toEqual([hadoop, human])
  })

  it('a rate over no time is unknown, not infinite', () => {
    expect([humanRate(1024 * 1024, 500), humanRate(1, 0)]).toEqual(['2 MiB/s', '-'])
  })

  it('never show 1024 of a unit', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 31 }), (bytes) => !hadoopBytes(bytes).startsWith('1024')))
  })
})

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [3210, '3.2 s'],
    [59_960, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_599_900, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
    [-1500, '-1.5 s'],
  ])('%d ms', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text)
  })
})

describe('display width', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['naïve', 5],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한국', 4],
    ['🦀', 2],
    ['👨‍👩‍👧', 2],
    ['❤️', 2],
    ['\u001b[31mred\u001b[39m', 3],
  ])('of %j is %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  it('columns line up whatever alphabet the cells are in', () => {
    const lines = tableLines(
      [
        ['日本', '1', 'x'],
        ['abc', '22', 'y'],
      ],
      ['left', 'right'],
    )
    expect(lines).toEqual(['日本   1  x', 'abc   22  y'])
  })

  it('lines have no trailing blanks and equal starts', () => {
    const cells = fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 })), { minLength: 1 })
    fc.assert(
      fc.property(cells, (rows) => {
        const widest = Math.max(...rows.map(([first]) => displayWidth(first)))
        const lines = tableLines(rows)
        rows.forEach(([first, second], index) => {
          expect(lines[index]).toBe(`${first}${' '.repeat(widest - displayWidth(first))}  ${second}`)
        })
      }),
    )
  })

  it('a name shown on a terminal can not move its cursor', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a?[2Jb?c?d')
  })
})

describe('colour', () => {
  const terminal = Object.assign(new MemorySink(), { isTTY: true })
  const pipe = new MemorySink()

  it.each([
    ['a terminal', terminal, {}, true],
    ['a pipe', pipe, {}, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR means nothing', terminal, { NO_COLOR: '' }, true],
    ['FORCE_COLOR on a pipe', pipe, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0 on a terminal', terminal, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR over FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ])('%s', (_, stream, env, expected) => {
    expect(wantsColour(stream, env)).toBe(expected)
    const painted = styleFor(stream, env).red('text')
    expect(stripVTControlCharacters(painted)).toBe('text')
    expect(painted !== 'text').toBe(expected)
  })
})

describe('output', () => {
  it('a reader that left is told apart from a full disk', async () => {
    await expect(write(new LeavingSink(0), 'x')).rejects.toBeInstanceOf(OutputClosed)
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    })
    full.on('error', () => {})
    await expect(write(full, 'x')).rejects.toMatchObject({ name: 'OutputFailed', message: 'write error: no space' })
  })

  it('a stream that is gone already is a reader that left', async () => {
    const sink = new MemorySink()
    sink.destroy()
    await expect(write(sink, 'x')).rejects.toBeInstanceOf(OutputClosed)
  })

  it('lines come out in order, whatever was flushed between', async () => {
    const sink = new MemorySink()
    const lines = new LineWriter(sink)
    const long = 'y'.repeat(70_000)
    await lines.line('a')
    await lines.line(long)
    await lines.line('b', '\0')
    await lines.flush()
    await lines.flush()
    expect(sink.text).toBe(`a\n${long}\nb\0`)
  })
})

describe('did you mean', () => {
  it.each([
    ['rn', 'run'],
    ['jbos', 'jobs'],
    ['FS', 'fs'],
    ['wordcount', undefined],
    ['x', undefined],
  ])('%s', (typed, meant) => {
    expect(nearest(typed, ['run', 'jobs', 'fs', 'dfs', 'demo'])).toBe(meant)
  })

  it('the distance is a metric that is nought only for the same word', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(editDistance(left, right)).toBe(editDistance(right, left))
        expect(editDistance(left, right) === 0).toBe(left === right)
        expect(editDistance(left, right)).toBeLessThanOrEqual(Math.max(left.length, right.length))
      }),
    )
  })
})
