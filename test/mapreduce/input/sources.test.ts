import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { type ByteSource, openSource } from '../../../mapreduce/input/byte-source.ts'
import { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { type InputFormat, type KeyValueRecord, keyValue, text, wholeFile } from '../../../mapreduce/input/format.ts'
import { openReader } from '../../../mapreduce/input/open-reader.ts'
import { RECORD_BYTES_MAX } from '../../../mapreduce/input/record-reader.ts'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import type { InputFile } from '../../../mapreduce/master/task.ts'
import { Text } from '../../../mapreduce/record/text.ts'

const arena = new Arena(1024 * 1024)
const space = new ChunkSpace(arena, plainKernels(arena), 1024 * 1024)

let directory: string
const at = (name: string): string => path.join(directory, name)
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'quern-input-test-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function local(name: string, bytes: string | Uint8Array): InputFile {
  writeFileSync(at(name), bytes)
  const { length } = Buffer.from(bytes)
  return { kind: 'local', path: at(name), name, length, gzip: name.endsWith('.gz') }
}

const open = (file: InputFile, onRead = (): void => {}): Promise<ByteSource> =>
  openSource(file, '', at('inflated'), onRead)

/** Every record of the segment, shown by `show`. */
function records(
  format: InputFormat<unknown>,
  source: ByteSource,
  show: (record: unknown) => string,
  start = 0,
  length = source.length,
): string[] {
  const reader = openReader(format, space, source, start, length, { name: 'in', beforeRefill() {}, onRead() {} })
  const seen: string[] = []
  while (reader.next()) seen.push(show(reader.record))
  return seen
}

const asText = (record: unknown): string => (record instanceof Text ? record.toLatin1() : 'no text')
const isPair = (record: unknown): record is KeyValueRecord =>
  typeof record === 'object' && record !== null && 'key' in record
const asPair = (record: unknown): string =>
  isPair(record) ? `${record.key.toLatin1()}|${record.value.toLatin1()}` : 'no pair'

describe('gzip', () => {
  const plain = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''))

  test('one member, many members, and empty files read as what they hold', async () => {
    const cases: [Buffer, Buffer][] = [
      [gzipSync(plain), plain],
      [
        Buffer.concat([gzipSync(plain), gzipSync(Buffer.alloc(0)), gzipSync('more\n')]),
        Buffer.concat([plain, Buffer.from('more\n')]),
      ],
      [gzipSync(''), Buffer.alloc(0)],
      [Buffer.alloc(0), Buffer.alloc(0)],
    ]
    for (const [packed, expected] of cases) {
      const source = await open(local('a.gz', packed))
      expect(source.length).toBe(expected.length)
      expect(records(text(), source, asText).join('\n')).toBe(expected.toString().replace(/\n$/, ''))
      source.close()
    }
  })

  test.each([
    ['cut short', gzipSync(plain).subarray(0, 2000)],
    ['cut inside the trailer', gzipSync(plain).subarray(0, -3)],
    ['damaged', damaged(gzipSync(plain))],
    ['no gzip at all', Buffer.from('plain text in a file that is called gzip')],
    ['one byte', Buffer.of(0x1f)],
  ])('that is %s is refused by name, and nothing is left behind', async (_what, bytes) => {
    await expect(open(local('bad.gz', bytes))).rejects.toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringContaining('bad.gz'),
    })
    expect(existsSync(at('inflated'))).toBe(false)
  })

  test('shows that it is alive while it inflates', async () => {
    let beats = 0
    const source = await open(local('a.gz', gzipSync(plain)), () => beats++)
    source.close()
    expect(beats).toBeGreaterThan(0)
  })

  test('that finds no room fails as the disk says', async () => {
    const file = local('a.gz', gzipSync(plain))
    // Through a link: what is removed after the failure is only that.
    symlinkSync('/dev/full', at('inflated'))
    await expect(open(file)).rejects.toMatchObject({ code: 'MR_NO_SPACE' })
  })
})

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 0xff
  return copy
}

describe('a local file', () => {
  test('that is not there any more is refused by name', async () => {
    const file = local('gone', 'x')
    rmSync(at('gone'))
    await expect(open(file)).rejects.toMatchObject({ code: 'MR_BAD_INPUT', message: expect.stringContaining('gone') })
  })

  test('that has another length than when the job was planned is refused', async () => {
    const file = local('changed', 'one\ntwo\n')
    appendFileSync(at('changed'), 'three\n')
    await expect(open(file)).rejects.toMatchObject({
      code: 'MR_BAD_INPUT',
      message: expect.stringContaining('changed'),
    })
    truncateSync(at('changed'), 3)
    await expect(open(file)).rejects.toMatchObject({ code: 'MR_BAD_INPUT' })
  })

  test('that is a directory fails when it is read', async () => {
    const source = await open({
      kind: 'local',
      path: directory,
      name: 'folder',
      length: sizeOf(directory),
      gzip: false,
    })
    expect(() => source.read(Buffer.alloc(10), 0, 0, 10)).toThrow(
      expect.objectContaining({ code: 'MR_IO', message: expect.stringContaining('folder') }),
    )
    source.close()
  })
})

function sizeOf(file: string): number {
  return statSync(file).size
}

describe('keyValue', () => {
  test('cuts each line at the first separator; a line without one is all key', async () => {
    const source = await open(local('kv', 'a\tb\tc\n\tno key\nno value\t\nnothing\n\n'))
    expect(records(keyValue(), source, asPair)).toEqual(['a|b\tc', '|no key', 'no value|', 'nothing|', '|'])
    source.close()
  })

  test('by a separator of several bytes, and without the CR where asked', async () => {
    const source = await open(local('kv', 'a::b\r\nc:d\r\n::\r\n'))
    expect(records(keyValue({ separator: '::', crlf: true }), source, asPair)).toEqual(['a|b', 'c:d|', '|'])
    expect(records(keyValue({ separator: '::' }), source, asPair)).toEqual(['a|b\r', 'c:d\r|', '|\r'])
    source.close()
  })

  test('words of key and value stay within them', async () => {
    const source = await open(local('kv', 'a b\tc d\ne\tf\n'))
    const words = (record: unknown): string =>
      isPair(record) ? [...record.key.words()].length + [...record.value.words()].map(String).join('') : ''
    expect(records(keyValue(), source, words)).toHaveLength(2)
    source.close()
  })
})

describe('wholeFile', () => {
  test('is one record, of the segment that holds the first byte', async () => {
    const source = await open(local('whole', 'a\nb\0c'))
    expect(records(wholeFile(), source, asText)).toEqual(['a\nb\0c'])
    expect(records(wholeFile(), source, asText, 0, 1)).toEqual(['a\nb\0c'])
    expect(records(wholeFile(), source, asText, 1, 4)).toEqual([])
    source.close()
    const empty = await open(local('empty', ''))
    expect(records(wholeFile(), empty, asText)).toEqual([''])
    empty.close()
  })

  test('over the limit of a record is refused before it is read', async () => {
    const file = local('huge', '')
    truncateSync(at('huge'), RECORD_BYTES_MAX + 1)
    const source = await open({ ...file, length: RECORD_BYTES_MAX + 1 })
    expect(() => records(wholeFile(), source, asText)).toThrow(expect.objectContaining({ code: 'MR_RECORD_TOO_LARGE' }))
    source.close()
  })
})

test('lines of a DFS file are read once each, across the edges of its blocks and cuts anywhere', async () => {
  const dfs = await openDfs({ root: at('root'), blockSize: 128 * 1024 })
  try {
    const lines = Array.from({ length: 9000 }, (_, i) => `${i} ${'x'.repeat((i * 7919) % 97)}`)
    lines.splice(4000, 0, 'long '.repeat(30_000))
    const bytes = Buffer.from(lines.join('\n'))
    const writer = await dfs.create('/in')
    await writer.write(bytes)
    await writer.close()
    const blocks = await dfs.locate('/in')
    expect(blocks.length).toBeGreaterThan(4)
    const file: InputFile = { kind: 'dfs', blocks, name: 'dfs:/in', length: bytes.length, gzip: false }
    const source = await openSource(file, blocks[0]?.replicas[1]?.datanode ?? '', at('inflated'), () => {})
    for (const size of [128 * 1024, 64 * 1024, 50_001, bytes.length]) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => i * size)
      const found = cuts.flatMap((cut) => records(text(), source, asText, cut, Math.min(size, bytes.length - cut)))
      expect(found.length).toBe(lines.length)
      expect(found.every((line, i) => line === lines[i])).toBe(true)
    }
    expect(source.bad).toEqual([])
    source.close()

    const [block] = blocks
    if (block === undefined) throw new Error('no block')
    for (const { dataFile } of block.replicas) writeFileSync(dataFile, damaged(readFileSync(dataFile)))
    const broken = await openSource(file, '', at('inflated'), () => {})
    expect(() => records(text(), broken, asText)).toThrow(
      expect.objectContaining({ code: 'MR_BAD_INPUT', message: expect.stringContaining('dfs:/in') }),
    )
    expect(broken.bad.length).toBe(block.replicas.length)
    broken.close()
  } finally {
    await dfs.close()
  }
})
