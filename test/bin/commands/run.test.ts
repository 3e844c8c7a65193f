import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../bin/commands/run.ts'
import { openDfs } from '../../../dfs/index.ts'
import { MrError } from '../../../mapreduce/base/errors.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { capturedIo } from '../support/captured-io.ts'
import { compiledQuern, type Said } from '../support/compiled.ts'

let directory = ''
let scratch = ''

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-run-'))
  scratch = path.join(directory, 'tmp')
  fs.mkdirSync(scratch)
  process.env['QUERN_TMP'] = scratch
  file('words.txt', 'the whale the sea\nthe end\n')
})

afterEach(() => {
  delete process.env['QUERN_TMP']
  fs.rmSync(directory, { recursive: true, force: true })
})

function file(name: string, text: string): string {
  const full = path.join(directory, name)
  fs.writeFileSync(full, text)
  return full
}

const quern = (...words: string[]): Promise<Said> => compiledQuern(words, { cwd: directory })

/** Temporary data of jobs; the user's own empty directory for it may stay. */
const leftovers = (): string[] =>
  fs
    .readdirSync(scratch, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== `quern-${process.getuid?.()}`)

/** Nothing half-done: what stood there before stands there still, and nothing else. */
function expectUntouched(before: readonly string[]): void {
  expect(fs.readdirSync(directory).sort()).toEqual(before)
  expect(leftovers()).toEqual([])
}

describe('quern run', () => {
  it('leaves parts and _SUCCESS, and says on stderr what happened and where to look', async () => {
    const { code, out, err } = await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'counts', '-r', '2')
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(fs.readdirSync(path.join(directory, 'counts')).sort()).toEqual(['_SUCCESS', 'part-r-00000', 'part-r-00001'])
    expect(err).toMatch(
      /^wordcount is done in .*: .*\/counts\n {2}in {7}1 file, 26 B, 2 records\n {2}out {6}2 files, 26 B, 4 records\n/,
    )
    const [, command] = /See it: (.*)\n$/.exec(err) ?? []
    expect(command).toBe(`sort -k2,2nr ${directory}/counts/part-r-* | head`)
    expect(leftovers()).toEqual([])
  })

  it('gives the report as JSON on stdout, or says nothing', async () => {
    const json = await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'counts', '--json')
    expect(json).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(json.out)).toMatchObject({
      jobName: 'wordcount',
      state: 'succeeded',
      inputFiles: 1,
      inputBytes: 26,
    })
    const quiet = await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'counts', '--overwrite', '--quiet')
    expect(quiet).toMatchObject({ code: 0, out: '', err: '' })
  })

  it('runs a job from anywhere on disk that uses quern, with its parameters', async () => {
    file(
      'long.ts',
      `import { defineJob, jsonl, sum, Text } from 'quern'
      export default defineJob({
        params: { least: { type: 'number', required: true, describe: 'letters' }, loud: { type: 'boolean', describe: 'shout' } },
        output: jsonl(),
        map(line, emit, ctx) {
          if (!(line instanceof Text)) throw new Error('another copy of quern')
          for (const word of line.words()) {
            if (word.length >= Number(ctx.params['least'])) emit(ctx.params['loud'] ? word.toString().toUpperCase() : word, 1)
          }
        },
        combine: sum,
        reduce: sum,
      })`,
    )
    const { code, err } = await quern(
      'run',
      './long.ts',
      '-p',
      'least=5',
      '-p',
      'loud',
      '-i',
      'words.txt',
      '-o',
      'long',
      '--quiet',
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(fs.readFileSync(path.join(directory, 'long/part-r-00000'), 'utf8')).toBe('{"key":"WHALE","value":1}\n')
    const bare = await quern(
      'run',
      './long.ts',
      '-p',
      'least=5',
      '-i',
      'words.txt',
      '-o',
      'long',
      '--overwrite',
      '--format',
      'raw',
    )
    expect(bare.code).toBe(0)
    expect(fs.readFileSync(path.join(directory, 'long/part-r-00000'), 'utf8')).toBe('whale1')
  })

  it('works from the DFS into the DFS, and names a command that shows the result', async () => {
    const dfs = await openDfs({ root: path.join(directory, 'root') })
    const writer = await dfs.create('/in/a b.txt')
    await writer.write(Buffer.from('x y x\n'))
    await writer.close()
    await dfs.close()
    const { code, err } = await quern('run', 'wordcount', '--root', 'root', '-i', 'dfs:/in/*', '-o', "dfs:/it's out")
    expect(code).toBe(0)
    const [, words] = /See it: \S+ (.*) \| sort -k2,2nr \| head\n$/.exec(err) ?? []
    expect(words).toBe("fs --root root -cat '/it'\\''s out/part-r-*'")
    expect((await quern('fs', '--root', 'root', '-cat', "/it's out/part-r-*")).out).toBe('x\t2\ny\t1\n')
  })

  it('replaces an output when told to, and leaves the old one when the job then fails', async () => {
    await quern('run', 'wordcount', '-i', 'words.txt', '-o', 'counts', '--quiet')
    file('fails.mjs', 'export default { map() { throw new Error("no") } }')
    const before = fs.readFileSync(path.join(directory, 'counts/part-r-00000'))
    expect((await quern('run', './fails.mjs', '-i', 'words.txt', '-o', 'counts', '--overwrite')).code).toBe(1)
    expect(fs.readFileSync(path.join(directory, 'counts/part-r-00000')).equals(before)).toBe(true)
    expect(
      (await quern('run', 'grep', '-p', 'pattern=end', '-i', 'words.txt', '-o', 'counts', '--overwrite')).code,
    ).toBe(0)
    expect(fs.readdirSync(path.join(directory, 'counts')).sort()).toEqual(['_SUCCESS', 'part-m-00000'])
  })
})

describe('bad input: a clear reason, the right exit code, nothing half-done', () => {
  const run = ['run', 'wordcount', '-i', 'words.txt', '-o', 'out']
  const cases: [string, string[], 1 | 2, RegExp, Record<string, string>?][] = [
    ['missing input', ['run', 'wordcount', '-i', 'nope.txt', '-o', 'out'], 2, /nope\.txt does not exist/],
    ['a glob without a match', ['run', 'wordcount', '-i', 'no*.log', '-o', 'out'], 2, /no\*\.log/],
    ['existing output', ['run', 'wordcount', '-i', 'words.txt', '-o', 'tmp'], 2, /tmp exists already.*--overwrite/],
    [
      'a file where the output directory is meant',
      ['run', 'wordcount', '-i', 'words.txt', '-o', 'words.txt'],
      2,
      /words\.txt/,
    ],
    ['a directory where a job file is meant', ['run', './tmp', '-i', 'words.txt', '-o', 'out'], 2, /tmp is not a file/],
    [
      'unknown job',
      ['run', 'wordcuont', '-i', 'words.txt', '-o', 'out'],
      2,
      /There is no job "wordcuont"\. Did you mean wordcount\?/,
    ],
    [
      'a module without map',
      ['run', './job.ts', '-i', 'words.txt', '-o', 'out'],
      2,
      /no `map` function; found an object with mapp\. Is `mapp` meant to be `map`\?/,
      { 'job.ts': 'export default { mapp() {} }' },
    ],
    [
      'a syntax error in the job',
      ['run', './job.ts', '-i', 'words.txt', '-o', 'out'],
      2,
      /job\.ts:2:11\n[\s\S]*2 \| {3}map\(\) \{ \)/,
      { 'job.ts': 'export default {\n  map() { ) },\n}' },
    ],
    ['--memory 1', [...run, '--memory', '1'], 2, /--memory 1 is too little.*at least 4194304 bytes.*--memory 4MB/],
    ['--workers 0', [...run, '--workers', '0'], 2, /--workers 0: has to be a whole number from 1/],
    [
      '-p without a value',
      ['run', 'grep', '-p', 'pattern', '-i', 'words.txt', '-o', 'out'],
      2,
      /-p pattern: there is no value/,
    ],
    [
      '-p of a name the job does not have',
      ['run', 'grep', '-p', 'patern=x', '-i', 'words.txt', '-o', 'out'],
      2,
      /no such parameter\. Did you mean pattern\?/,
    ],
    [
      '-p of the wrong type',
      ['run', 'grep', '-p', 'pattern=x', '-p', 'invert=maybe', '-i', 'words.txt', '-o', 'out'],
      2,
      /"maybe" is neither true nor false/,
    ],
    [
      '-p that only the job can judge',
      ['run', 'grep', '-p', 'pattern=(', '-i', 'words.txt', '-o', 'out'],
      2,
      /Unterminated group/,
    ],
    [
      'no DFS where one is read',
      ['run', 'wordcount', '--root', 'none', '-i', 'dfs:/a', '-o', 'out'],
      1,
      /there is no DFS at .*none|no file system at .*none/,
    ],
    [
      'an output that has no room',
      ['run', 'wordcount', '-i', 'words.txt', '-o', '/dev/full'],
      2,
      /\/dev\/full is not a directory/,
    ],
  ]
  for (const [name, words, exitCode, says, files] of cases) {
    it(name, async () => {
      for (const [job, source] of Object.entries(files ?? {})) file(job, source)
      const before = fs.readdirSync(directory).sort()
      const { code, out, err } = await quern(...words)
      expect(err).toMatch(says)
      expect(err.startsWith('quern: ')).toBe(true)
      expect({ code, out }).toEqual({ code: exitCode, out: '' })
      expectUntouched(before)
    })
  }

  it("a map that throws at one record: file, byte offset, the record, the user's line", async () => {
    file(
      'job.ts',
      `import { defineJob } from 'quern'
export default defineJob({
  map(line, emit) {
    if (line.startsWith('the end')) throw new RangeError('too far')
    emit(line)
  },
})`,
    )
    const before = fs.readdirSync(directory).sort()
    const { code, err } = await quern('run', './job.ts', '-i', 'words.txt', '-o', 'out')
    expect(code).toBe(1)
    expect(err).toContain('words.txt, byte 18 (record 2 of the task), which begins "the end": RangeError: too far')
    expect(err).toContain(`at ${path.join(directory, 'job.ts')}:4:`)
    expectUntouched(before)
  })

  it('a map that never returns is ended at the timeout, whether it spins or waits', async () => {
    file('spin.mjs', 'export default { map() { for (;;); } }')
    file('wait.mjs', 'export default { async map() { await new Promise(() => {}) } }')
    const before = fs.readdirSync(directory).sort()
    for (const job of ['./spin.mjs', './wait.mjs']) {
      const { code, err } = await quern('run', job, '-i', 'words.txt', '-o', 'out', '--task-timeout', '0.2')
      expect(code).toBe(1)
      expect(err).toMatch(/no progress|timeout|timed out/i)
      expectUntouched(before)
    }
  })

  it('a second process on the same root, and a root of a newer version', async () => {
    const root = path.join(directory, 'root')
    const dfs = await openDfs({ root })
    const locked = await quern('run', 'wordcount', '--root', 'root', '-i', 'words.txt', '-o', 'dfs:/out')
    expect(locked.code).toBe(1)
    expect(locked.err).toMatch(/lock|in use|another process/i)
    await dfs.close()
    const version = fs.readdirSync(root).find((name) => /version/i.test(name)) ?? ''
    const text = fs.readFileSync(path.join(root, version), 'utf8')
    fs.writeFileSync(path.join(root, version), text.replace(/\d+/, '99'))
    const newer = await quern('run', 'wordcount', '--root', 'root', '-i', 'words.txt', '-o', 'dfs:/out')
    expect(newer.code).toBe(1)
    expect(newer.err).toMatch(/99|version/i)
  })
})

describe('the command around the engine', () => {
  const report: JobReport = {
    jobId: 'j',
    jobName: 'wordcount',
    state: 'succeeded',
    inputFiles: 1,
    inputBytes: 1,
    maps: 1,
    reducers: 0,
    workers: 1,
    memoryBytes: 1,
    counters: {},
    userCounters: {},
    output: { path: 'out', files: 1, bytes: 1, records: 1 },
    named: [],
    times: { planMs: 1, mapMs: 1, reduceMs: 0, commitMs: 1, totalMs: 3 },
    tasks: [],
    notes: [],
  }
  const step = {
    mapsDone: 0,
    mapsTotal: 3,
    reducesDone: 0,
    reducesTotal: 0,
    running: 1,
    bytesIn: 5,
    bytesTotal: 10,
    elapsedMs: 10,
    failedAttempts: 0,
  }
  const words = ['wordcount', '-i', 'a', '-o', 'out']

  it('passes on what was asked', async () => {
    let asked: RunJobOptions | undefined
    const command = runCommand(async () => async (options) => {
      asked = options
      return report
    })
    const io = capturedIo({ cwd: directory })
    expect(
      await command.run(
        [
          'grep',
          '-p',
          'pattern=a',
          '-p',
          'invert',
          ...words.slice(1),
          '-r',
          '7',
          '--memory',
          '64m',
          '--check',
          '--task-timeout',
          '2',
          '--format',
          'raw',
          '--workers',
          '3',
        ],
        io,
      ),
    ).toBe(0)
    expect(asked).toMatchObject({
      jobName: 'grep',
      params: { pattern: 'a', invert: 'true' },
      reducers: 7,
      memoryBytes: 64 * 2 ** 20,
      checked: true,
      taskTimeoutMs: 2000,
      format: 'raw',
      workers: 3,
      overwrite: false,
      signal: io.signal,
    })
  })

  it('draws progress on a terminal and takes it away before anything else is said', async () => {
    const command = runCommand(async () => async (options) => {
      options.onProgress?.({ ...step, phase: 'map' })
      return report
    })
    const io = capturedIo({ cwd: directory, columns: 60, env: { NO_COLOR: '1' } })
    await command.run(words, io)
    const [before, drawn = '', after = ''] = io.stderr.text.split('\r\u001b[J')
    expect(before).toBe('')
    expect(drawn).toMatch(/^wordcount {2}.*map 0\/3/)
    expect(after).toMatch(/^wordcount is done in 3 ms/)
    expect(io.stderr.text.replaceAll('\r\u001b[J', '')).not.toContain('\u001b')
  })

  it('takes it away when the job fails, too, and closes the DFS it opened', async () => {
    const root = path.join(directory, 'root')
    const command = runCommand(async () => async (options) => {
      await options.openDfs()
      await options.openDfs()
      options.onProgress?.({ ...step, phase: 'map' })
      throw new MrError('MR_JOB_FAILED', 'it failed')
    })
    const io = capturedIo({ cwd: directory, columns: 60 })
    await expect(command.run([...words, '--root', root], io)).rejects.toThrow('it failed')
    expect(io.stderr.text.endsWith('\r\u001b[J')).toBe(true)
    await (await openDfs({ root, create: false })).close()
  })

  it('shows the help without loading an engine', async () => {
    const command = runCommand(() => Promise.reject(new Error('loaded')))
    const io = capturedIo()
    expect(await command.run(['--help'], io)).toBe(0)
    expect(io.stdout.text).toContain('Usage: quern run')
  })
})
