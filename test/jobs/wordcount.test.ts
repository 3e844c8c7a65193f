import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDfs } from '../../dfs/index.ts'
import { compiledQuern } from '../bin/support/compiled.ts'

/** The counts of `quern run wordcount` against those of the Unix tools, in the bytes of the output. */

let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-words-'))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

/** `word TAB count` lines in byte order, as sort and uniq count them. A run of white space at the start makes an empty line, which is no word. */
function unixCounts(text: Buffer): Buffer {
  const script = `tr -s '[:space:]' '\\n' | grep -av '^$' | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)$/\\2\\t\\1/'`
  return execFileSync('bash', ['-c', script], { input: text, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 2 ** 28 })
}

function output(name: string): Buffer {
  const folder = path.join(directory, name)
  const parts = fs.readdirSync(folder).filter((file) => file.startsWith('part-'))
  return Buffer.concat(parts.sort().map((part) => fs.readFileSync(path.join(folder, part))))
}

async function count(name: string, ...words: string[]): Promise<Buffer> {
  const { code, err } = await compiledQuern(['run', 'wordcount', '-o', name, '-r', '1', '--quiet', ...words], {
    cwd: directory,
  })
  expect(err).toBe('')
  expect(code).toBe(0)
  return output(name)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function randomBytes(length: number, alphabet: readonly number[], seed: number): Buffer {
  const random = seeded(seed)
  return Buffer.from(Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)] ?? 0))
}

const line = 'the whale, the sea; die Grüße 漢字 '
const texts: Record<string, () => Buffer> = {
  'an empty file': () => Buffer.alloc(0),
  'white space alone': () => Buffer.from(' \t\n\v\f\r \n'),
  'no final newline': () => Buffer.from('a b\nb c'),
  'CRLF line ends': () => Buffer.from('a b\r\nb\r\n\r\nc\r'),
  'one line of 10 MB': () => Buffer.from(line.repeat(10_000_000 / line.length)),
  'NUL bytes': () => Buffer.from('a\0b a\0b \0 \0\0 a\n\0\n'),
  'bytes that are no UTF-8': () =>
    Buffer.from([0x80, 0x20, 0xff, 0xfe, 0x0a, 0xc3, 0x20, 0xc3, 0x28, 0x0a, 0x80, 0x20, 0xa0, 0x85]),
  'random bytes with much white space': () =>
    randomBytes(300_000, [32, 10, 9, 13, 11, 12, 0, 65, 66, 0xc3, 0xa4, 0xff], 7),
  'a word of a megabyte': () => Buffer.from(`${'x'.repeat(1_000_000)} y ${'x'.repeat(1_000_000)}`),
}

describe('wordcount counts as tr, sort and uniq do', () => {
  for (const [name, make] of Object.entries(texts)) {
    it(name, async () => {
      const text = make()
      const file = `${name.replaceAll(' ', '-')}.txt`
      fs.writeFileSync(path.join(directory, file), text)
      const counted = await count(`out-${file}`, '-i', file)
      expect(counted.equals(unixCounts(text))).toBe(true)
    })
  }

  it('2,000 small files', async () => {
    fs.mkdirSync(path.join(directory, 'many'))
    const random = seeded(3)
    const whole: string[] = []
    for (let file = 0; file < 2000; file++) {
      const words = Array.from({ length: Math.floor(random() * 20) }, () => `w${Math.floor(random() * 300)}`)
      const text = words.join(' ')
      fs.writeFileSync(path.join(directory, 'many', `file-${file}`), text)
      // Files are texts of their own: no word goes on in the next.
      whole.push(text)
    }
    expect((await count('out-many', '-i', 'many')).equals(unixCounts(Buffer.from(whole.join('\n'))))).toBe(true)
  })

  it('gzip files, a glob and a directory in one go, with little memory', async () => {
    const text = randomBytes(2_000_000, [32, 10, ...Buffer.from('abcdefgh')], 11)
    fs.mkdirSync(path.join(directory, 'mixed'))
    fs.writeFileSync(path.join(directory, 'mixed', 'a.gz'), gzipSync(text.subarray(0, 700_000)))
    fs.writeFileSync(path.join(directory, 'plain-1.log'), text.subarray(700_000, 1_000_000))
    fs.writeFileSync(path.join(directory, 'plain-2.log'), text.subarray(1_000_000))
    const pieces = [text.subarray(0, 700_000), text.subarray(700_000, 1_000_000), text.subarray(1_000_000)]
    const counted = await count('out-mixed', '-i', 'mixed', 'plain-*.log', '--memory', '16MB', '--workers', '2')
    const newline = Buffer.from('\n')
    expect(counted.equals(unixCounts(Buffer.concat(pieces.flatMap((piece) => [piece, newline]))))).toBe(true)
  })

  it('the same in the DFS, where blocks cut lines, words and characters', async () => {
    const text = Buffer.from(line.repeat(40_000))
    fs.writeFileSync(path.join(directory, 'utf8.txt'), text)
    const root = ['--root', path.join(directory, 'root')]
    const dfs = await openDfs({ root: path.join(directory, 'root') })
    // A prime: blocks end in the middle of everything.
    const writer = await dfs.create('/utf8.txt', { blockSize: 65_537 })
    await writer.write(text)
    await writer.close()
    expect((await dfs.locate('/utf8.txt')).length).toBe(Math.ceil(text.length / 65_537))
    await dfs.close()
    const run = await compiledQuern(
      ['run', 'wordcount', ...root, '-i', 'dfs:/utf8.txt', '-o', 'dfs:/counts', '-r', '1'],
      { cwd: directory },
    )
    expect(run.code).toBe(0)
    const cat = await compiledQuern(['fs', ...root, '-cat', '/counts/part-r-00000'], { cwd: directory })
    expect(cat.bytes.equals(unixCounts(text))).toBe(true)
  })
})
