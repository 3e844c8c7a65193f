import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { compiledQuern } from '../support/compiled.ts'

let directory = ''
const at = (name: string): string => path.join(directory, name)

const job = `import { defineJob, keyValue } from 'quern'
export default defineJob({
  inputs: {
    left: { input: keyValue(), map: (pair, emit, ctx) => emit(pair.key, ctx.inputName + ':' + pair.value + '@' + ctx.inputFile) },
    right: { map(line, emit) { emit(line.field(1, ',') ?? '', 'right:' + line) } },
  },
  reduce(key, values, emit) { for (const value of values) emit(key, value) },
})`

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-named-test-'))
  fs.writeFileSync(at('two.ts'), job)
  fs.writeFileSync(at('one.ts'), `export default { map(line, emit, ctx) { emit(ctx.inputName + '|' + line) } }`)
  fs.writeFileSync(at('a.tsv'), 'k\t1\nm\t2\n')
  fs.writeFileSync(at('b=c.csv'), 'x,k\ny,m\n')
  fs.mkdirSync(at('more'))
  fs.writeFileSync(at('more/z.csv.gz'), gzipSync('z,k\n'))
})
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

const quern = (...argv: string[]) => compiledQuern(argv, { cwd: directory })
const part = (out: string): string =>
  fs.readFileSync(path.join(directory, out, 'part-r-00000'), 'utf8').replaceAll(`${directory}/`, '')

describe('a job with named inputs', () => {
  it('reads each by its own format and map: globs, gzip, several for one, a = in a path', async () => {
    const argv = [
      'run',
      './two.ts',
      '-i',
      'right=b=c.csv',
      '-i',
      'left=a.tsv',
      '-i',
      'right=more/*.gz',
      '-o',
      'out',
      '--quiet',
    ]
    expect(await quern(...argv)).toMatchObject({ code: 0, err: '' })
    expect(part('out')).toBe('k\tright:x,k\nk\tleft:1@a.tsv\nk\tright:z,k\nm\tright:y,m\nm\tleft:2@a.tsv\n')
  })

  it('reads them from the DFS as from local files', async () => {
    const dfs = await openDfs({ root: at('root') })
    const writer = await dfs.create('/in/a.tsv')
    await writer.write(Buffer.from('k\t1\n'))
    await writer.close()
    await dfs.close()
    const argv = [
      'run',
      './two.ts',
      '--root',
      'root',
      '-i',
      'left=dfs:/in/*',
      '-i',
      'right=b=c.csv',
      '-o',
      'far',
      '--quiet',
    ]
    expect(await quern(...argv)).toMatchObject({ code: 0, err: '' })
    expect(part('far')).toBe('k\tleft:1@dfs:/in/a.tsv\nk\tright:x,k\nm\tright:y,m\n')
  })

  it('refuses names it does not have, and says which it has', async () => {
    const unknown = await quern('run', './two.ts', '-i', 'lift=a.tsv', '-i', 'right=b=c.csv', '-o', 'no')
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain('-i lift=a.tsv names an input that is not there. Did you mean left?')
    expect(unknown.err).toContain('Its inputs are left, right: -i left=PATH -i right=PATH')
    const bare = await quern('run', './two.ts', '-i', 'a.tsv', '-o', 'no')
    expect(bare).toMatchObject({ code: 2 })
    expect(bare.err).toContain('-i a.tsv does not say which input it is for.')
  })

  it('refuses to run with an input missing', async () => {
    const { code, err } = await quern('run', './two.ts', '-i', 'left=a.tsv', '-o', 'no')
    expect(code).toBe(2)
    expect(err).toContain('got nothing for its input right')
    expect(fs.existsSync(at('no'))).toBe(false)
  })

  it('takes a path literally when there are no names, even one with a =', async () => {
    expect(await quern('run', './one.ts', '-i', 'b=c.csv', '-o', 'plain', '--quiet')).toMatchObject({
      code: 0,
      err: '',
    })
    expect(fs.readFileSync(at('plain/part-m-00000'), 'utf8')).toBe('|x,k\n|y,m\n')
  })

  it('is a filter for one input at a time', async () => {
    const map = async (...argv: string[]): Promise<string> => {
      const { out, err } = await compiledQuern(['map', ...argv], { cwd: directory, stdin: [Buffer.from('p,q\n')] })
      return out + err
    }
    expect(await map('./two.ts', '--input', 'right')).toBe('q\tright:p,q\n')
    expect(await map('./two.ts', '--input', 'left')).toBe('p,q\tleft:@stdin\n')
    expect(await map('./two.ts')).toContain('say whose map is to run: --input left or --input right')
    expect(await map('./two.ts', '--input', 'up')).toContain('there is no such input: --input left or --input right')
    expect(await map('./one.ts', '--input', 'up')).toContain('the job has no named inputs')
  })

  it.each([
    ['{ inputs: {} }', '`inputs` names no input'],
    ['{ inputs: { "a b": { map() {} } } }', "an input's name can't be empty or hold = or white space"],
    ['{ inputs: { a: 1 } }', '`inputs.a` has to be { input, map }, but is the number 1'],
    ['{ inputs: { a: { map: 1 } } }', '`inputs.a` has to have a function `map`, but has the number 1'],
    ['{ inputs: { a: { map() {}, format: 1 } } }', '`inputs.a` has a field `format` that quern does not know'],
    [
      '{ inputs: { a: { map() {}, input: 1 } } }',
      '`inputs.a`: `input` has to be a format such as text(), but is the number 1',
    ],
    ['{ inputs: { a: { map() {} } }, map() {} }', 'a `map` beside them'],
    ['{ inputs: 7 }', '`inputs` has to be an object of { input, map } by name, but is the number 7'],
  ])('is refused when it is %s', async (source, message) => {
    fs.writeFileSync(at('bad.mjs'), `export default ${source}`)
    const { code, err } = await quern('run', './bad.mjs', '-i', 'a=a.tsv', '-o', 'no')
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})
