import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../bin/support/compiled.ts'

let directory = ''
const text = Buffer.concat([
  Buffer.from('the Whale\nno fish\nWHALE of a tale\r\ngröße GRÖSSE Größe\n'),
  Buffer.from([0xff, 0x77, 0x68, 0x61, 0x6c, 0x65, 0x80, 0x0a, 0x00, 0x0a]),
  Buffer.from('a.b\na+b\n\n$5 [x]\nlast whale without a line end'),
])

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-grep-'))
  fs.writeFileSync(path.join(directory, 'text.txt'), text)
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

const filter = (...words: string[]) => compiledQuern(['map', 'grep', ...words], { cwd: directory, stdin: [text] })

/** The lines GNU grep picks, byte for byte. */
function unixGrep(...words: string[]): Buffer {
  const locale = { ...process.env, LC_ALL: 'C.UTF-8' }
  return execFileSync('bash', ['-c', 'grep -a "$@" || true', '-', ...words], { input: text, env: locale })
}

describe('grep finds what grep finds', () => {
  it.each([
    [['pattern=whale'], ['-F', 'whale']],
    [['pattern='], ['']],
    [
      ['pattern=a.b', 'fixed'],
      ['-F', 'a.b'],
    ],
    [
      ['pattern=$5 [x]', 'fixed'],
      ['-F', '$5 [x]'],
    ],
    [
      ['pattern=whale', 'ignoreCase'],
      ['-i', 'whale'],
    ],
    [
      ['pattern=A+B', 'fixed', 'ignoreCase'],
      ['-iF', 'A+B'],
    ],
    [
      ['pattern=größe', 'ignoreCase'],
      ['-i', 'größe'],
    ],
    [
      ['pattern=whale', 'invert'],
      ['-v', 'whale'],
    ],
    [['pattern=^(the|no) '], ['-E', '^(the|no) ']],
    [['pattern=[ö-ü]'], ['-E', 'ö|ß|ü']],
    [['pattern=^.$'], ['-P', '^\\x00$']],
    [['pattern=a\\+b'], ['a+b']],
  ])('%j', async (params, unix) => {
    const found = await filter(...params.flatMap((param) => ['-p', param]))
    expect(found.err).toBe('')
    expect(found.bytes.toString('latin1')).toBe(unixGrep(...unix).toString('latin1'))
  })

  it('writes lines whole and in input order from several files and several maps, with the file on request', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${i % 7 === 0 ? 'seven' : ''}`)
    fs.writeFileSync(path.join(directory, 'a.log'), `${lines.slice(0, 50_000).join('\n')}\n`)
    fs.writeFileSync(path.join(directory, 'b.log'), lines.slice(50_000).join('\n'))
    const run = await compiledQuern(
      ['run', 'grep', '-p', 'pattern=seven', '-p', 'file', '-i', 'a.log', 'b.log', '-o', 'found', '--quiet'],
      { cwd: directory },
    )
    expect(run).toMatchObject({ code: 0, err: '' })
    const parts = fs.readdirSync(path.join(directory, 'found')).filter((name) => name.startsWith('part-m-'))
    const found = parts.sort().map((part) => fs.readFileSync(path.join(directory, 'found', part), 'utf8'))
    const expected = lines.flatMap((line, i) =>
      line.endsWith('seven') ? `${path.join(directory, i < 50_000 ? 'a.log' : 'b.log')}\t${line}\n` : [],
    )
    expect(found.join('')).toBe(expected.join(''))
  })

  it('refuses a pattern that is none, as the bad parameter it is', async () => {
    const { code, err } = await filter('-p', 'pattern=(')
    expect(code).toBe(2)
    expect(err).toMatch(/^quern: -p pattern=\(: .*Unterminated group\. For plain text add -p fixed\n$/)
  })

  it('takes an escape that only the older syntax knows', async () => {
    expect((await filter('-p', 'pattern=a\\-?\\+b')).out).toBe('a+b\n')
  })

  it('needs a pattern', async () => {
    const { code, err } = await filter()
    expect(code).toBe(2)
    expect(err).toContain('The job grep needs -p pattern=<string>')
  })
})
