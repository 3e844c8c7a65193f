import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MrError, type MrErrorCode } from '../../../mapreduce/base/errors.ts'
import { loadJob } from '../../../mapreduce/master/load-job.ts'

let directory = ''
let cacheDirectory = ''

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-load-'))
  cacheDirectory = path.join(directory, 'cache', 'jobs')
})

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const full = path.join(directory, name)
  fs.mkdirSync(path.dirname(full), { recursive: true })
  fs.writeFileSync(full, text)
  return full
}

const bundled = [
  { name: 'wordcount', describe: 'how often each word occurs', moduleUrl: 'file:///not-needed-here.js' },
  { name: 'grep', describe: 'lines that match', moduleUrl: 'file:///not-needed-here.js' },
]

const load = (nameOrPath: string) => loadJob(nameOrPath, { cwd: directory, bundled, cacheDirectory })

async function failure(nameOrPath: string): Promise<{ code: MrErrorCode; message: string; exitCode: number }> {
  try {
    await load(nameOrPath)
  } catch (error) {
    if (error instanceof MrError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a job module on disk', () => {
  it('is loaded without any import or set-up', async () => {
    file(
      'plain.ts',
      'export default { map(line: { length: number }, emit: (k: number) => void) { emit(line.length) } }',
    )
    const job = await load('plain.ts')
    expect(job.name).toBe('plain')
    expect(job.sourcePath).toBe(path.join(directory, 'plain.ts'))
    expect(typeof job.job.map).toBe('function')
    expect(job.moduleUrl).toMatch(/^file:.*\/[0-9a-f]{64}\.mjs$/)
  })

  it.each(['./job.mjs', './job.js', './job.cjs', './job.mts', './job.cts', './deep/er/job.ts'])(
    'may be %s',
    async (name) => {
      const common = name.endsWith('.cjs') || name.endsWith('.js')
      file(name, `${common ? 'module.exports =' : 'export default'} { name: 'mine', map() {} }`)
      expect((await load(name)).name).toBe('mine')
    },
  )

  it('may import other files, JSON and its own enum', async () => {
    file('table.json', '{ "answer": 42 }')
    file('lib/other.ts', 'export enum Colour { Red = 7 }')
    file(
      'job.ts',
      `import table from './table.json'
       import { Colour } from './lib/other.js'
       export default { name: String(table.answer + Colour.Red), map() {} }`,
    )
    expect((await load('./job.ts')).name).toBe('49')
  })

  it('may read files that lie next to it', async () => {
    file('stop.txt', 'the')
    file(
      'job.ts',
      `import fs from 'node:fs'
       import { createRequire } from 'node:module'
       import { where } from './there/where.js'
       import common from './there/common.cjs'
       const require = createRequire(import.meta.url)
       const word = fs.readFileSync(new URL('./stop.txt', import.meta.url), 'utf8')
       export default { name: [word, import.meta.dirname, import.meta.filename, where, common.here, require('./there/n.json')].join('|'), map() {} }`,
    )
    file('there/where.ts', 'export const where = import.meta.dirname')
    file(
      'there/common.cjs',
      'const fs = require(["f", "s"].join("")); exports.here = fs.existsSync(__filename) && __dirname',
    )
    file('there/n.json', '5')
    const there = path.join(directory, 'there')
    expect((await load('./job.ts')).name).toBe(
      ['the', directory, path.join(directory, 'job.ts'), there, there, 5].join('|'),
    )
  })

  it('is bundled anew when a file it imports changes, and only then', async () => {
    file('lib.ts', "export const name = 'one'")
    file('job.ts', "import { name } from './lib.ts'\nexport default { name, map() {} }")
    const one = await load('./job.ts')
    const again = await load('./job.ts')
    expect(again.moduleUrl).toBe(one.moduleUrl)
    file('lib.ts', "export const name = 'two'")
    const two = await load('./job.ts')
    expect(two.name).toBe('two')
    expect(two.moduleUrl).not.toBe(one.moduleUrl)
  })

  it('wins over nothing: bundled names stay bundled, a path is a path', async () => {
    file('grep.ts', "export default { name: 'own grep', map() {} }")
    expect((await load('./grep.ts')).name).toBe('own grep')
    expect((await load('grep.ts')).name).toBe('own grep')
  })
})

describe('what can not be loaded', () => {
  it('unknown job: lists the bundled ones and suggests the nearest', async () => {
    const error = await failure('wordcuont')
    expect(error.code).toBe('MR_UNKNOWN_JOB')
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain('There is no job "wordcuont". Did you mean wordcount?')
    expect(error.message).toContain('wordcount  how often each word occurs')
    expect(error.message).toContain('grep       lines that match')
  })

  it('unknown job with a file of that name: suggests the path', async () => {
    file('sessions.ts', 'export default {}')
    expect((await failure('sessions')).message).toContain('Did you mean ./sessions.ts?')
  })

  it('missing file: names it and suggests a neighbour', async () => {
    file('sessions.ts', 'export default {}')
    const error = await failure('./sesions.ts')
    expect(error.code).toBe('MR_UNKNOWN_JOB')
    expect(error.message).toBe(`There is no job file ${path.join(directory, 'sesions.ts')}. Did you mean sessions.ts?`)
    expect((await failure('./none/where.ts')).code).toBe('MR_UNKNOWN_JOB')
  })

  it('a directory or a file of another kind: says what a job is', async () => {
    fs.mkdirSync(path.join(directory, 'folder'))
    file('job.py', 'print()')
    expect((await failure('./folder')).message).toContain('is not a file')
    expect((await failure('./job.py')).message).toContain('its name has to end in .ts')
  })

  it('syntax error: the file, the line, the column, the line itself', async () => {
    const job = file('broken.ts', 'const a = 1\nexport default {\n  map(line, emit) { emit(line ) ) },\n}\n')
    const error = await failure('./broken.ts')
    expect(error.code).toBe('MR_BAD_JOB')
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(`at ${job}:3:33`)
    expect(error.message).toContain('3 |   map(line, emit) { emit(line ) ) },')
    expect(error.message.split('\n').at(-1)).toBe(`      | ${' '.repeat(32)}~`)
  })

  it('syntax error after a wide character and a tab: the marker stands under it', async () => {
    file('broken.ts', "export default {\n\tmap() { const s = 'größe'; ) },\n}")
    const message = (await failure('./broken.ts')).message
    expect(message).toContain('broken.ts:2:29')
    expect(message.split('\n').at(-1)).toBe(`      | \t${' '.repeat(27)}~`)
  })

  it('missing import: where it is asked for', async () => {
    const job = file(
      'job.ts',
      "import { x } from './nowhere.ts'\nimport 'not-installed-anywhere'\nexport default { map: x }",
    )
    const error = await failure('./job.ts')
    expect(error.code).toBe('MR_BAD_JOB')
    expect(error.message).toContain('Could not resolve "./nowhere.ts"')
    expect(error.message).toContain(`at ${job}:1:19`)
    expect(error.message).toContain(`at ${job}:2:8`)
  })

  it('an import of something quern has not: says what it has', async () => {
    file('job.ts', "import { x } from 'quern/jobs'\nexport default { map: x }")
    expect((await failure('./job.ts')).message).toContain(
      'There is no "quern/jobs". A job may import quern and quern/dfs.',
    )
  })

  it('many errors: the first three and how many more', async () => {
    file('job.ts', Array.from({ length: 5 }, (_, i) => `import './no${i}.ts'`).join('\n'))
    expect((await failure('./job.ts')).message).toContain('(and 2 more errors)')
  })

  it("a throw at the top level: their line, not the bundle's", async () => {
    const job = file(
      'job.ts',
      "const table: string[] = []\n\nif (table.length === 0) throw new Error('no table')\nexport default { map() {} }",
    )
    const error = await failure('./job.ts')
    expect(error.code).toBe('MR_BAD_JOB')
    expect(error.message).toContain('The job ./job.ts threw while it was loaded.\nError: no table')
    expect(error.message).toContain(`at ${job}:3:`)
  })

  it('a throw of something that is no Error', async () => {
    file('job.ts', "throw 'a tantrum'")
    expect((await failure('./job.ts')).message).toContain('a tantrum (not an Error)')
  })
})

describe('what is not a job', () => {
  it.each([
    ['', 'it has no default export; it exports nothing'],
    [
      'export const map = 1, reduce = 2',
      'it exports only map, reduce. Put them in one object: export default { map, reduce }.',
    ],
    ['export default 5', 'its default export has to be an object with a `map` function, but is the number 5'],
    ['export default () => {}', 'but is a function'],
    ['export default class Job { map() {} }', 'but is a class'],
    ['export default null', 'but is null'],
    ['export default [1]', 'but is an array'],
    ['export default {}', 'its default export has no `map` function; found an empty object.'],
    ['export default { mapper() {} }', 'found an object with mapper. Is `mapper` meant to be `map`?'],
    ['export default { reduce() {} }', 'found an object with reduce.'],
    ['export default { map: 1 }', '`map` has to be a function, but is the number 1'],
    ['export default { map() {}, reducer() {} }', 'a field `reducer` that quern does not know. Did you mean `reduce`?'],
    ['export default { map() {}, colour: 1 }', 'Known are: name, describe, params, input'],
    ['export default { map() {}, combine() {} }', 'a `combine` but no `reduce`'],
    [
      'export default { map() {}, reduce: "sum" }',
      '`reduce` has to be a function or an aggregate such as sum, but is the string "sum"',
    ],
    [
      'export default { inputs: { a: { input: { input: "csv", header: true }, map() {} } }, reduce() {} }',
      '`inputs.a`: csv() has no option `header`',
    ],
    ['export default { map() {}, reduce: { passThrough: "each" } }', 'identity, sorted'],
    ['export default { map() {}, reduce() {}, partition: { partition: "ranges" } }', 'such as range()'],
    ['export default { map() {}, input: "csv" }', '`input` has to be a format such as text(), but is the string "csv"'],
    [
      'export default { map() {}, output: text => text }',
      '`output` has to be a format such as tsv(), but is a function',
    ],
    ['export default { map() {}, name: 3 }', '`name` has to be a string, but is the number 3'],
    ['export default { map() {}, groupBy: 0 }', '`groupBy` has to be a whole number from 1, but is the number 0'],
    ['export default { map() {}, params: [] }', '`params` has to be an object'],
    [
      'export default { map() {}, params: { n: 3 } }',
      '`params.n` has to be { type, describe, … }, but is the number 3',
    ],
    [
      'export default { map() {}, params: { n: { type: "int" } } }',
      "`params.n` has to have type 'string', 'number' or 'boolean', but has the string \"int\"",
    ],
    [
      'export default { map() {}, params: { n: { type: "number", describe: 1 } } }',
      '`params.n` has to have a string as `describe`',
    ],
    [
      'export default { map() {}, params: { n: { type: "number", default: "1" } } }',
      '`params.n` is a number, but its default is the string "1"',
    ],
    [
      'export default { map() {}, params: { "a=b": { type: "number" } } }',
      "a parameter's name can't be empty or hold =",
    ],
  ])('%s', async (source, says) => {
    file('job.js', source)
    const error = await failure('./job.js')
    expect(error.code).toBe('MR_BAD_JOB')
    expect(error.message).toContain("The job ./job.js can't be run: ")
    expect(error.message).toContain(says)
  })

  it('shows how a job looks where there is none', async () => {
    file('job.ts', 'export default {}')
    expect((await failure('./job.ts')).message).toContain('export default {\n      map(line, emit)')
  })
})
