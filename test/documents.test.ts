import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const quern = path.join(root, 'dist/bin/quern.js')
const documents = [root, path.join(root, 'docs')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name)),
)

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8')
}

/** The fenced blocks of a document in one language. */
function blocks(file: string, language: string): string[] {
  return [...read(file).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, named, text]) =>
    named === language && text !== undefined ? [text] : [],
  )
}

/** Relative links of a document that lead nowhere. */
function brokenLinks(file: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to]) => to?.split('#')[0] || [])
  return links.filter((to) => !/^[a-z]+:/.test(to) && !existsSync(path.join(path.dirname(file), to)))
}

describe('the documents', () => {
  it('link to files that are there', () => {
    expect(documents.flatMap((file) => brokenLinks(file, readFileSync(file, 'utf8')))).toEqual([])
    expect(brokenLinks(path.join(root, 'x.md'), '[a](README.md#top) [b](no-such.md) [c](https://example.org)')).toEqual(
      ['no-such.md'],
    )
  })

  it('name source files that are there', () => {
    const named = documents.flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(/`((?:bin|dfs|mapreduce|jobs|datasets|test|bench|scripts)\/[\w./-]+)`/g),
      ].flatMap(([, name]) => name ?? []),
    )
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([])
  })

  it('name commands that the package has', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
    const named = documents.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bnpm run ([a-z]+)/g)].flatMap(([, name]) => name ?? []),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  it('claim no reliability without a test that shows it', () => {
    const rows = read('RELIABILITY.md')
      .split('\n')
      .filter((line) => /^\| (?!What happens)/.test(line))
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((row) => !isShown(row))).toEqual([])
    expect(
      isShown(
        '| a fault | is survived | `test/documents.test.ts` *claim no reliability without a test that shows it* |',
      ),
    ).toBe(true)
    expect(isShown('| a fault | is survived | `test/layout.test.ts` *a test nobody wrote* |')).toBe(false)
  })
})

/** A row of the table names a test file and, word for word, one of its tests. */
function isShown(row: string): boolean {
  const [, file, title] = /`(test\/[^`]+\.(?:test|hunt)\.ts)` \*(.+)\* \|$/.exec(row) ?? []
  return file !== undefined && title !== undefined && read(file).includes(title)
}

describe('a job from the documents', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'quern-documents-'))
    mkdirSync(path.join(folder, 'logs'))
    const line = (host: string, size: string) =>
      `${host} - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 ${size}\n`
    writeFileSync(path.join(folder, 'logs/a.log'), line('10.0.0.1', '1500') + line('10.0.0.2', '700'))
    writeFileSync(path.join(folder, 'logs/b.log'), line('10.0.0.1', '2500') + line('10.0.0.3', '-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function run(name: string, source: string, ...options: string[]): string {
    writeFileSync(path.join(folder, `${name}.ts`), source)
    execFileSync(quern, ['run', `./${name}.ts`, '-i', 'logs', '-o', name, '--quiet', '--check', ...options], {
      cwd: folder,
    })
    return readFileSync(path.join(folder, name, 'part-r-00000'), 'utf8')
  }

  it('runs as the README has it: the longest line of each file', () => {
    const [source = ''] = blocks('README.md', 'ts')
    expect(run('longest', source)).toBe('logs/a.log\t67\nlogs/b.log\t67\n')
  })

  it('runs as the page on jobs has it: bytes by host', () => {
    const [source = ''] = blocks('docs/jobs.md', 'ts')
    expect(run('bytes', source)).toBe('10.0.0.1\t4000\n10.0.0.2\t700\n')
    expect(run('large', source, '-p', 'least=1000')).toBe('10.0.0.1\t4000\n')
  })

  it('runs as the page on flows has it: the most frequent words first', () => {
    const [source = ''] = blocks('docs/flows.md', 'ts')
    expect(run('frequent', source).split('\n').slice(0, 3)).toEqual(['-\t9', '"GET\t4', '+0000]\t4'])
  })

  it('runs as the page on joins has it: amounts under names', () => {
    writeFileSync(path.join(folder, 'named.ts'), blocks('docs/joins.md', 'ts')[0] ?? '')
    writeFileSync(path.join(folder, 'orders.csv'), '7,a,12\n8,b,30\n7,c,5\n')
    writeFileSync(path.join(folder, 'names.tsv'), '7\tAda\n9\tEve\n')
    const inputs = ['-i', 'left=orders.csv', '-i', 'right=names.tsv']
    execFileSync(quern, ['run', './named.ts', ...inputs, '-o', 'named', '--quiet', '--check'], { cwd: folder })
    expect(readFileSync(path.join(folder, 'named/part-m-00000'), 'utf8')).toBe('Ada\t12\nunknown\t30\nAda\t5\n')
  })
})
