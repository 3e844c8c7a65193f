import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../bin/support/compiled.ts'

let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-index-'))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

async function index(files: Readonly<Record<string, string | Buffer>>, ...words: string[]): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(directory, 'texts-'))
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  const output = `${folder}-index`
  const run = await compiledQuern(['run', 'index', '-i', folder, '-o', output, '-r', '1', '--quiet', ...words], {
    cwd: directory,
  })
  expect(run).toMatchObject({ code: 0, err: '' })
  const lines = fs.readFileSync(path.join(output, 'part-r-00000'), 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => line.replaceAll(`${folder}/`, ''))
}

describe('the index', () => {
  it('has for each term its files, most often first, then by name', async () => {
    expect(await index({ b: 'whale sea Whale', a: 'sea, whale!', c: 'WHALE\nwhale\n' })).toEqual([
      'sea\ta:1 b:1',
      'whale\tb:2 c:2 a:1',
    ])
  })

  it('takes runs of letters, marks and digits of any script as terms, in lower case', async () => {
    expect(await index({ t: "Größe x2-y3 don't ΣΟΦΟΣ e\u0301t\u00e9 漢字、東京 İ" })).toEqual([
      'don\tt:1',
      'e\u0301t\u00e9\tt:1',
      'größe\tt:1',
      'i\u0307\tt:1',
      't\tt:1',
      'x2\tt:1',
      'y3\tt:1',
      `${'ΣΟΦΟΣ'.toLowerCase()}\tt:1`,
      '東京\tt:1',
      '漢字\tt:1',
    ])
  })

  it('lets invalid bytes part terms and nothing else', async () => {
    expect(await index({ t: Buffer.from([0x61, 0xff, 0x62, 0x00, 0x63, 0x0a, 0xc3]) })).toEqual([
      'a\tt:1',
      'b\tt:1',
      'c\tt:1',
    ])
  })

  it('writes names so that blanks part entries and the last colon parts name and count', async () => {
    expect(await index({ 'a b:1%': 'x', 'tab\there': 'x x' })).toEqual(['x\ttab%09here:2 a%20b:1%25:1'])
  })

  it('counts the same for little memory, several workers and splits', async () => {
    const random = (seed: number) => (Math.imul(seed + 1, 2654435761) >>> 0) / 2 ** 32
    const files: Record<string, string> = {}
    const naive = new Map<string, Map<string, number>>()
    for (let file = 0; file < 12; file++) {
      const words = Array.from({ length: 20_000 }, (_, i) => `t${Math.floor(random(file * 20_000 + i) ** 2 * 3000)}`)
      files[`f${file}`] = words.join(' ').replace(/(.{60}) /g, '$1\n')
      for (const word of words) {
        const counts = naive.get(word) ?? new Map<string, number>()
        naive.set(word, counts.set(`f${file}`, (counts.get(`f${file}`) ?? 0) + 1))
      }
    }
    const expected = [...naive].map(([term, counts]) => {
      const sorted = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
      return `${term}\t${sorted.map(([name, count]) => `${name}:${count}`).join(' ')}`
    })
    const lines = await index(files, '--memory', '8MB', '--workers', '2')
    expect(lines).toEqual(expected.sort((a, b) => ((a.split('\t')[0] ?? '') < (b.split('\t')[0] ?? '') ? -1 : 1)))
  })

  it('counts a file whole although it has more terms than are counted at once', async () => {
    const terms = Array.from({ length: 60_000 }, (_, i) => `t${String(i).padStart(5, '0')}`)
    const text = [...terms, ...terms].map((term, i) => (i % 10 === 0 ? `\n${term}` : term)).join(' ')
    const lines = await index({ long: text, short: 't00007' })
    expect(lines.length).toBe(60_000)
    expect(lines[7]).toBe('t00007\tlong:2 short:1')
    expect(lines.filter((line) => !line.includes('\tlong:2'))).toEqual([])
  })
})
