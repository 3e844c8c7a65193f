import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { booksOrRefuse, damageReplicas, readOutput, storeBooks, topWords } from '../../../bin/commands/demo-books.ts'
import { openDfs } from '../../../dfs/index.ts'
import { compiledQuern } from '../support/compiled.ts'

const script = path.join(import.meta.dirname, '../../../dist/bin/quern.js')
let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-demo-test-'))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

describe('quern demo', () => {
  it('puts, counts, shows, survives damage, and leaves nothing behind', async () => {
    const env = { ...process.env, TMPDIR: directory, NO_COLOR: '1' }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, 'demo'], { cwd: directory, env })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/dfs:\/demo\/books\/moby-dick\.txt +2\.3 MiB +3 blocks +9 replicas/)
    expect(stdout).toMatch(/ the +\d+ {2}Government/)
    expect(stdout).toMatch(/A replica of block \d+ on dn\d was bad/)
    expect(stdout).toContain('byte for byte')
    expect(stdout).toContain('both replicas are whole again')
    expect(fs.readdirSync(directory).filter((name) => name.startsWith('quern-demo-'))).toEqual([])

    // Every command it ends with has to work as it stands.
    const commands =
      stdout
        .split('Now you\n')[1]
        ?.trim()
        .split('\n')
        .map((line) => line.trim()) ?? []
    expect(commands.length).toBe(4)
    for (const command of commands.slice(0, 2)) {
      const { stdout: shown } = await promisify(execFile)('bash', ['-c', command], { cwd: directory, env })
      expect(shown.split('\n').length).toBeGreaterThan(5)
    }
    for (const made of ['counts', 'found']) expect(fs.existsSync(path.join(directory, made, '_SUCCESS'))).toBe(true)
  })

  it('leaves the file system where it was told to, with commands to look around in it', async () => {
    const { code, out } = await compiledQuern(['demo', '--root', 'kept'], { cwd: directory, columns: 40 })
    expect(code).toBe(0)
    expect(out).toContain(`The file system stays in ${path.join(directory, 'kept')}`)
    const ls = await compiledQuern(['fs', '--root', 'kept', '-ls', '/demo/counts'], { cwd: directory })
    expect(ls.out).toContain('/demo/counts/_SUCCESS')
  })

  it('refuses unknown words, and explains itself', async () => {
    expect(await compiledQuern(['demo', 'x'], { cwd: directory })).toMatchObject({ code: 2 })
    expect((await compiledQuern(['demo', '--help'], { cwd: directory })).out).toContain('--keep')
  })
})

describe('what the demo is made of', () => {
  it('says what to install where there is no text at all', () => {
    expect(() => booksOrRefuse({ about: 'x', files: [] })).not.toThrow()
    expect(booksOrRefuse().files.length).toBeGreaterThan(0)
  })

  it('puts the parts of a book one after the other, each on lines of its own', async () => {
    const parts = ['a\n', 'b', 'c\n'].map((text, index) => {
      const file = path.join(directory, `part-${index}`)
      fs.writeFileSync(file, text)
      return file
    })
    const dfs = await openDfs({ root: path.join(directory, 'books'), datanodes: 3 })
    const books = { about: 'x', files: [{ name: 'book.txt', parts }] }
    const [stored] = await storeBooks(dfs, books, '/out', new AbortController().signal)
    expect(stored).toMatchObject({ path: '/out/book.txt', bytes: 6 })
    const [block] = stored?.blocks ?? []
    expect(block?.replicas.length).toBe(3)
    if (block !== undefined) expect(damageReplicas(block).length).toBe(2)
    // Read although two of three replicas are damaged.
    await dfs.rename('/out/book.txt', '/out/part-r-00000')
    expect((await readOutput(dfs, '/out')).toString()).toBe('a\nb\nc\n')
    await dfs.close()
  })

  it('ranks words by count, then by spelling, and counts letters, not signs', () => {
    const counts = Buffer.from('whale\t3\nsea,\t9\n"--"\t50\nbc\t3\nab\t3\nüber\t1\n\t7\nno count\n')
    expect(topWords(counts, 1, 3)).toEqual([
      { word: 'sea,', count: 9 },
      { word: 'ab', count: 3 },
      { word: 'bc', count: 3 },
    ])
    expect(topWords(counts, 4, 9).map(({ word }) => word)).toEqual(['whale', 'über'])
  })
})
