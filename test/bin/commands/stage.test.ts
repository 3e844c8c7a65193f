import { execFile, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledQuern } from '../support/compiled.ts'

const script = path.join(import.meta.dirname, '../../../dist/bin/quern.js')
let directory = ''

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-stage-test-'))
  for (const [name, source] of Object.entries(jobs)) fs.writeFileSync(path.join(directory, name), source)
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

const jobs: Readonly<Record<string, string>> = {
  // Values of every kind, keys with everything a line can hold; the first value of a key depends on their order.
  'mixed.ts': `import { defineJob, text } from 'quern'
    export default defineJob({
      input: text({ crlf: true }),
      map(line, emit, ctx) {
        let n = 0
        for (const word of line.words()) {
          n++
          ctx.count('words')
          emit(word, n % 5 === 0 ? { at: [n, word.toString()] } : n % 5 === 1 ? word : n % 5 === 2 ? n / 4 : n % 5 === 3 ? [n, 'x\\ty', null, 2n ** 70n] : undefined)
        }
      },
      reduce(word, values, emit) {
        const all: unknown[] = []
        for (const v of values) all.push(typeof v === 'object' && v !== null && 'toBytes' in v ? v.toString() : v)
        emit(word, all.length + ' ' + JSON.stringify(all, (_, v) => (typeof v === 'bigint' ? v + 'n' : v)).replaceAll('\\t', ' '))
      },
    })`,
  'average.js': `import { sum, count } from 'quern'
    export default {
      map: (line, emit) => emit(line.field(0, ' '), line.field(1, ' ').toNumber()),
      combine: sum, reduce: sum,
    }`,
  'occurrences.js': `import { count } from 'quern'
    export default { map: (line, emit) => { for (const w of line.words()) emit(w, w) }, reduce: count }`,
  'async.js': `export default {
      async map(line, emit) { await null; for (const word of line.words()) emit(word, 1) },
      async reduce(key, values, emit) { let n = 0; for (const v of values) n += v; await null; emit(key, n) },
    }`,
  'sides.js': `let names
    export default {
      outputs: { rest: { output: 'tsv' } },
      setup(ctx) { names = ctx.side('names').json() },
      map(line, emit, ctx) { for (const w of line.words()) emit(names[w.toString()] ?? w, 1) },
      combine(word, ones, emit, ctx) { let n = 0; for (const one of ones) n += one; emit(word, ctx.side('names').text() && n) },
      reduce(word, ones, emit, ctx) { let n = 0; for (const one of ones) n += one; ctx.write('rest', word); emit(word, n) },
    }`,
  'swap.js': `export default { combine(key, values, emit) { emit('other', 1) }, map() {}, reduce() {} }`,
  'throws.ts': `export default {
      map(line: { toString(): string }, emit: (k: unknown, v: unknown) => void) {
        if (String(line) === 'bad') throw new RangeError('no such line')
        emit(line, 1)
      },
      reduce(key: unknown, values: Iterable<unknown>) {

        throw new TypeError('can not add')
      },
    }`,
  'frame.js': `let seen
    export default {
      setup(ctx) { seen = [] },
      map(line, emit, ctx) { seen.push(ctx.inputFile + ':' + line) },
      cleanup(emit, ctx) { emit(seen.join(' ') + '|' + ctx.inputFile) },
    }`,
  'whole.js': `import { wholeFile } from 'quern'
    export default { input: wholeFile(), map(file, emit) { emit('length', file.length) } }`,
  'pairs.js': `import { keyValue, jsonl } from 'quern'
    export default { input: keyValue({ separator: '::' }), output: jsonl(), map({ key, value }, emit) { emit(key, value) } }`,
  'columns.ts': `import { csv, type CsvRow } from 'quern'
    export default { input: csv(), output: csv({ columns: ['b', 'a'] }), map(row: CsvRow, emit: (key: unknown, value: unknown) => void) {
      if (row.get('a').equals('bad')) throw new RangeError('a bad row')
      emit(row.get('b'), { a: row.get('a') }) } }`,
  'values.ts': `import { defineJob, fixed, jsonl } from 'quern'
    export const fours = defineJob({ input: fixed(4), map: (record, emit) => emit(record) })
    export default defineJob({ input: jsonl<{ id: string; n: number }>(), map: (value, emit) => emit(value.id, value.n + 1) })`,
  'late.js': `export default { groupBy: 1, map: (line, emit) => { const [u, t] = line.toString().split(' '); emit([u, Number(t)], t) },
      reduce(key, values, emit) { let all = ''; for (const v of values) all += '<' + v; emit(key[0], all) } }`,
}

const sort = (lines: Buffer, ...words: string[]): Buffer =>
  execFileSync('sort', words, { input: lines, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 2 ** 28 })

async function stage(words: readonly string[], input: Buffer, chunkBytes = 65536): Promise<Buffer> {
  const chunks = function* () {
    for (let at = 0; at < input.length; at += chunkBytes) yield Buffer.from(input.subarray(at, at + chunkBytes))
  }
  const { code, bytes, err } = await compiledQuern(words, { cwd: directory, stdin: chunks() })
  if (code !== 0) throw new Error(err)
  return bytes
}

async function run(job: string, input: Buffer): Promise<Buffer> {
  fs.writeFileSync(path.join(directory, 'input.txt'), input)
  const { code, err } = await compiledQuern(
    ['run', job, '-i', 'input.txt', '-o', 'out', '-r', '1', '--overwrite', '--quiet'],
    {
      cwd: directory,
    },
  )
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return fs.readFileSync(path.join(directory, 'out', 'part-r-00000'))
}

const words = Buffer.concat([
  Buffer.from('the whale\tand "the" sea [1] 12 -0 1e3 null {} \r\n'),
  Buffer.from([0x01, 0x20, 0x01, 0x22, 0x61, 0x22, 0x20, 0xff, 0xc3, 0x20, 0x00, 0x0a]),
  Buffer.from('the the the the the the sea sea whale partial"x"\r\n\nend of it'),
])

describe('map, sort and reduce as filters give what quern run gives', () => {
  it.each(['wordcount', './mixed.ts', './occurrences.js', './async.js'])('%s', async (job) => {
    for (const chunkBytes of [65536, 7]) {
      const mapped = await stage(['map', job], words, chunkBytes)
      // Stable by key alone: values keep the order of the input, as in the engine.
      const sorted = sort(mapped, '-s', '-t', '\t', '-k1,1')
      expect((await stage(['reduce', job], sorted, chunkBytes)).toString('latin1')).toBe(
        (await run(job, words)).toString('latin1'),
      )
    }
  })

  it('with combine in between, once or twice', async () => {
    for (const job of ['wordcount', './occurrences.js']) {
      let lines = sort(await stage(['map', job], words))
      for (let times = 0; times < 2; times++) {
        // Halves, as of two machines: a combiner sees some of the values only.
        const cut = lines.indexOf(10, Math.floor(lines.length / 2)) + 1
        const halves = [lines.subarray(0, cut), lines.subarray(cut)]
        const combined = await Promise.all(halves.map((half) => stage(['combine', job], Buffer.from(half))))
        lines = sort(Buffer.concat(combined))
        expect((await stage(['reduce', job], lines)).equals(await run(job, words))).toBe(true)
      }
    }
  })

  it('with sums of floats that a combiner leaves unfinished, so that no order changes them', async () => {
    const input = Buffer.from(
      Array.from({ length: 500 }, (_, i) => `k ${i % 2 === 0 ? 0.1 : -1e16 + i * 1e15}\n`).join('') +
        'k 1e300\nk -1e300\n',
    )
    const combined = await stage(['combine', './average.js'], await stage(['map', './average.js'], input))
    expect(combined.toString('latin1')).toMatch(/^k\tpartial"/)
    expect((await stage(['reduce', './average.js'], combined)).equals(await run('./average.js', input))).toBe(true)
  })

  it('in a real pipeline', async () => {
    const text = 'it is what it is\n'.repeat(5000)
    fs.writeFileSync(path.join(directory, 'pipe.txt'), text)
    const quern = `${process.execPath} ${script}`
    const line = `cat pipe.txt | ${quern} map wordcount | LC_ALL=C sort | ${quern} reduce wordcount`
    const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', line], { cwd: directory })
    expect(stdout).toBe('is\t10000\nit\t10000\nwhat\t5000\n')
  })

  it('ends quietly when its reader has enough', async () => {
    const line = `yes whale | ${process.execPath} ${script} map wordcount | head -2; echo "\${PIPESTATUS[1]}"`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line], { cwd: directory })
    expect({ stdout, stderr }).toEqual({ stdout: 'whale\t1\nwhale\t1\n0\n', stderr: '' })
  })
})

describe('a filter', () => {
  it('refuses keys whose order a sort of lines would turn round', async () => {
    for (const words of [
      ['sort', '-p', 'reverse'],
      ['top', '-p', 'by=1'],
    ]) {
      const { code, out, err } = await compiledQuern(['map', ...words], {
        cwd: directory,
        stdin: [Buffer.from('1\n2\n')],
      })
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(/emitted with desc\(\).* Run the job with quern run/)
    }
  })

  it('gives the output itself when the job is map-only, with setup, cleanup and the name of its input', async () => {
    expect((await stage(['map', './frame.js'], Buffer.from('a\nb'))).toString()).toBe('stdin:a stdin:b|\n')
  })

  it('reads in the input format of the job', async () => {
    expect((await stage(['map', './whole.js'], Buffer.from('a\nb\nc'))).toString()).toBe('length\t5\n')
    const pairs = await stage(['map', './pairs.js'], Buffer.from('a::1::2\nb\n'))
    expect(pairs.toString()).toBe('{"key":"a","value":"1::2"}\n{"key":"b","value":""}\n')
    const tsv = await stage(['map', './pairs.js', '--format', 'tsv'], Buffer.from('a::1\n'))
    expect(tsv.toString()).toBe('a\t1\n')
    const columns = await stage(['map', './columns.ts'], Buffer.from('a,b\n1,"x\ny"\n2,z'), 3)
    expect(columns.toString()).toBe('b,a\n"x\ny",1\nz,2\n')
    expect((await stage(['map', './values.ts'], Buffer.from('{"id":"k","n":1}\n\n'))).toString()).toBe('k\t2\n')
  })

  it('tells where in standard input a record is bad, whatever the format', async () => {
    const said = async (text: string) =>
      (await compiledQuern(['map', './columns.ts'], { cwd: directory, stdin: [Buffer.from(text)] })).err
    expect(await said('a,b\n1,2\nbad,x\n')).toMatch(
      /stdin, byte 8 .*begins "bad,x".*RangeError: a bad row.*columns\.ts:3/s,
    )
    expect(await said('a,b\n1\n')).toMatch(/stdin, byte 4: the record has 1 field/)
  })

  it('groups tuples by their first fields where the job says so', async () => {
    const mapped = await stage(['map', './late.js'], Buffer.from('u1 5\nu2 1\nu1 7\n'))
    expect(mapped.toString()).toBe('\u0001["u1",5]\t"5"\n\u0001["u2",1]\t"1"\n\u0001["u1",7]\t"7"\n')
    expect((await stage(['reduce', './late.js'], sort(mapped))).toString()).toBe('u1\t<5<7\nu2\t<1\n')
  })

  it('tells its counters on stderr', async () => {
    const { err } = await compiledQuern(['map', './mixed.ts'], { cwd: directory, stdin: [Buffer.from('a b c')] })
    expect(err).toBe('words 3\n')
  })

  it('hands on what it has before it waits for more', async () => {
    const seen: string[] = []
    const said = compiledQuern(['map', './async.js'], {
      cwd: directory,
      stdin: (async function* () {
        yield Buffer.from('first\n')
        for (let turns = 0; turns < 100; turns++) await turn()
        seen.push('asked for the second')
        yield Buffer.from('second\n')
      })(),
    })
    expect((await said).out).toBe('first\t1\nsecond\t1\n')
    expect(seen).toEqual(['asked for the second'])
  })

  it('stops when it is interrupted', async () => {
    const abort = new AbortController()
    const said = compiledQuern(['map', 'wordcount'], {
      cwd: directory,
      signal: abort.signal,
      stdin: (async function* () {
        yield Buffer.from('a\n')
        abort.abort(new Error('interrupted'))
        for (;;) yield Buffer.from('b\n')
      })(),
    })
    expect(await said).toMatchObject({ code: 1, err: 'quern: interrupted\n' })
  })

  it.each<[string[], string, number, string | RegExp]>([
    [['map'], '', 2, "missing required argument 'job'"],
    [['map', 'wordcout'], '', 2, 'Did you mean wordcount?'],
    [['map', 'wordcount', '-p', 'x=1'], '', 2, 'The job wordcount takes none'],
    [['map', 'wordcount', '--format', 'cvs'], '', 2, '--format cvs is unknown. Did you mean csv?'],
    [['combine', 'wordcount', '--format', 'tsv'], '', 2, "unknown option '--format'"],
    [['reduce', 'grep', '-p', 'pattern=x'], '', 2, 'The job has no reduce: it is map-only'],
    [['combine', './late.js'], '', 2, 'The job has no combine'],
    [['combine', './swap.js'], 'a\t1\n', 1, 'combine emitted the key "other" for the group "a"'],
    [['reduce', 'wordcount'], 'a\tmany\n', 1, /reduce threw at key "a".*sum was given "many", which is not a number/s],
    [
      ['map', './throws.ts'],
      'good\nbad\n',
      1,
      /map threw at stdin, byte 5 \(record 2 of the task\), which begins "bad": RangeError: no such line\n {4}at .*throws\.ts:3:\d+/,
    ],
    [
      ['reduce', './throws.ts'],
      'a\t1\n',
      1,
      /reduce threw at key "a": TypeError: can not add\n {4}at .*throws\.ts:8:\d+/,
    ],
  ])('%j refuses with a reason', async (argv, input, exitCode, says) => {
    const { code, err } = await compiledQuern(argv, { cwd: directory, stdin: [Buffer.from(input)] })
    expect(err).toMatch(typeof says === 'string' ? new RegExp(says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : says)
    expect(code).toBe(exitCode)
  })

  it('have side files, local and from the DFS, and say what named outputs they left out', async () => {
    fs.writeFileSync(path.join(directory, 'names.json'), '{"a":"alpha"}')
    const root = path.join(directory, 'root')
    const put = await compiledQuern(['fs', '--root', root, '-put', 'names.json', '/names'], { cwd: directory })
    expect(put.code).toBe(0)
    const stage = (words: string[], input: string): ReturnType<typeof compiledQuern> =>
      compiledQuern([...words, '--root', root], { cwd: directory, stdin: [Buffer.from(input)] })
    const mapped = await stage(['map', './sides.js', '--side', 'names=names.json'], 'a b a\n')
    expect(mapped.out).toBe('alpha\t1\nb\t1\nalpha\t1\n')
    const combined = await stage(['combine', './sides.js', '--side', 'names=dfs:/names'], 'a\t1\na\t1\n')
    expect(combined).toMatchObject({ err: '', out: 'a\t2\n' })
    const reduced = await stage(['reduce', './sides.js', '--side', 'names=dfs:/names'], 'a\t1\na\t1\nb\t1\n')
    expect(reduced.out).toBe('a\t2\nb\t1\n')
    expect(reduced.err).toBe('2 records to the output rest were not written: a filter has one output\n')
    expect((await stage(['map', './sides.js'], 'a\n')).err).toContain('Add --side names=PATH')
  })

  it('explains itself', async () => {
    const { code, out } = await compiledQuern(['reduce', '--help'], { cwd: directory })
    expect(code).toBe(0)
    expect(out).toContain('quern map wordcount | LC_ALL=C sort | quern reduce wordcount')
  })
})
