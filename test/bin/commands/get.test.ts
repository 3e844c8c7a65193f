import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern, type Said } from '../support/compiled.ts'

let directory = ''
const quern = (...words: string[]): Promise<Said> => compiledQuern([...words], { cwd: directory })

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-get-'))
  fs.writeFileSync(path.join(directory, 'words.txt'), 'the whale the sea\nthe end of 12\n')
  fs.writeFileSync(
    path.join(directory, 'numbers.js'),
    `import { table } from 'quern'
     export default {
       output: table(),
       map(line, emit) { for (const word of line.words()) emit(word.length, word) },
       reduce(length, words, emit) { for (const word of words) emit(length, { word: word.toString() }) },
     }`,
  )
  fs.writeFileSync(
    path.join(directory, 'again.js'),
    `import { csv, table } from 'quern'
     export default { input: table(), output: csv({ columns: ['length', 'word'] }), map({ key, value }, emit) { emit(key, value) } }`,
  )
  fs.writeFileSync(
    path.join(directory, 'unordered.js'),
    `export default { map(line, emit) { for (const word of line.words()) emit(word, 1) }, reduce(word, ones, emit) { emit(word.length, 1) } }`,
  )
  const made = await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'counts', '-r', '5', '--format', 'table')
  expect(made.err).toContain('wordcount is done')
}, 60_000)

afterAll(() => {
  fs.rmSync(directory, { recursive: true, force: true })
})

describe('quern get', () => {
  it('finds words in the parts of a table', async () => {
    expect(await quern('get', 'counts', 'the', 'sea', '12')).toMatchObject({ code: 0, out: '3\n1\n1\n', err: '' })
  })

  it('tells which keys are not there, and ends with 1', async () => {
    const { code, out, err } = await quern('get', 'counts', 'the', 'moby\n', 'end')
    expect([code, out]).toEqual([1, '3\n1\n'])
    expect(err).toBe('quern: get: counts has no key "moby\\n"\n')
  })

  it('reports as JSON', async () => {
    const { code, out } = await quern('get', 'counts', '--json', 'the', 'moby')
    expect([code, out]).toEqual([1, '{"key":"the","values":[3]}\n{"key":"moby","values":[]}\n'])
  })

  it('finds keys and values of other kinds, in the DFS, which is closed again', async () => {
    const root = ['--root', 'root']
    expect((await quern('run', './numbers.js', '-i', 'words.txt', '-o', 'dfs:/out', '-r', '3', ...root)).code).toBe(0)
    for (let round = 0; round < 2; round++) {
      expect(await quern('get', ...root, 'dfs:/out', '2', '5')).toMatchObject({
        code: 0,
        out: '{"word":"of"}\n{"word":"12"}\n{"word":"whale"}\n',
      })
    }
    expect((await quern('get', ...root, '--json', 'dfs:/out', '5')).out).toBe(
      '{"key":"5","values":[{"word":"whale"}]}\n',
    )
    const again = await quern('run', './again.js', '-i', 'dfs:/out', '-o', 'csv', '--check', ...root)
    expect(again.err).toContain('is done')
    const parts = fs
      .readdirSync(path.join(directory, 'csv'))
      .filter((name) => name.startsWith('part-'))
      .sort()
    const rows = parts.map((name) => fs.readFileSync(path.join(directory, 'csv', name), 'utf8')).join('')
    expect(
      rows
        .split('\n')
        .filter((row) => row !== 'length,word')
        .sort()
        .join('|'),
    ).toBe('|2,12|2,of|3,end|3,sea|3,the|3,the|3,the|5,whale')
  })

  it.each<[string[], number, RegExp]>([
    [['counts'], 2, /missing required argument 'key'/],
    [['words.txt', 'the'], 1, /words\.txt is no table.*--format table/],
    [['nothing', 'the'], 2, /nothing does not exist/],
    [['dfs:/x', 'the', '--root', 'nowhere'], 1, /nowhere/],
  ])('%j is told', async (words, code, message) => {
    const said = await quern('get', ...words)
    expect(said.err).toMatch(message)
    expect(said.code).toBe(code)
  })

  it('looks into more parts than it keeps open', async () => {
    const made = await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'many', '-r', '300', '--format', 'table')
    expect(made.code).toBe(0)
    const descriptors = fs.readdirSync('/proc/self/fd').length
    expect(await quern('get', 'many', 'the', 'sea', 'none', 'whale')).toMatchObject({ code: 1, out: '3\n1\n1\n' })
    expect(fs.readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors)
  })

  it('explains itself', async () => {
    expect((await quern('get', '--help')).out).toMatch(/--format table.*quern get counts whale sea/s)
  })
})

it('a table of keys that do not come in order is refused, with both keys', async () => {
  const { code, err } = await quern(
    'run',
    './unordered.js',
    '-i',
    'words.txt',
    '-o',
    'never',
    '-r',
    '1',
    '--format',
    'table',
  )
  expect(code).toBe(1)
  expect(err).toMatch(/the key 2 was emitted after 3.*in key order/)
  expect(fs.existsSync(path.join(directory, 'never'))).toBe(false)
})

it('a stage filter writes no table, and says what else', async () => {
  const { code, err } = await compiledQuern(['reduce', 'wordcount', '--format', 'table'], {
    cwd: directory,
    stdin: [Buffer.from('a\t1\n')],
  })
  expect(err).toMatch(/written by quern run alone.*--format jsonl/)
  expect(code).toBe(2)
})
