import { describe, expect, it } from 'vitest'
import { parseDataPath, parseParams, parseRunOptions } from '../../../bin/commands/run-options.ts'
import { parseSize } from '../../../bin/commands/size.ts'
import { MrError } from '../../../mapreduce/base/errors.ts'
import { capturedIo } from '../support/captured-io.ts'

const machine = { cores: 6, memoryBytes: 2 * 2 ** 30 }
const parse = (...argv: string[]) => parseRunOptions(argv, capturedIo(), machine)
const least = ['wordcount', '-i', 'a', '-o', 'out']

async function usage(...argv: string[]): Promise<string> {
  const error = await parse(...argv).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MrError)) throw new Error(`expected an MrError, got ${String(error)}`)
  expect(error.exitCode).toBe(2)
  return error.message
}

describe('the words of quern run', () => {
  it('defaults: all cores, a quarter of the memory', async () => {
    expect(await parse(...least)).toEqual({
      job: 'wordcount',
      inputs: [{ kind: 'local', path: 'a' }],
      inputWords: ['a'],
      output: { kind: 'local', path: 'out' },
      given: {},
      overwrite: false,
      reducers: undefined,
      workers: 6,
      memoryBytes: 2 ** 29,
      format: undefined,
      check: false,
      explain: false,
      quiet: false,
      json: false,
      taskTimeoutMs: undefined,
      root: undefined,
      attempts: undefined,
      heapMiB: undefined,
      resume: false,
      sides: {},
      skipBad: undefined,
      speculate: undefined,
      packRuns: false,
    })
    expect((await parseRunOptions(least, capturedIo(), { cores: 2, memoryBytes: 64 * 2 ** 30 }))?.memoryBytes).toBe(
      2 ** 30,
    )
  })

  it('takes several inputs, repeated or in a row, and everything else in any order', async () => {
    const options = await parse(
      ...[
        '--json',
        'job.ts',
        '-i',
        'a',
        'dfs:/b',
        '--input',
        'c/*.gz',
        '-r',
        '3',
        '--workers=2',
        '--memory',
        '64m',
        '-p',
        'x=1=2',
      ],
      ...[
        '-p',
        'flag',
        '-o',
        'dfs:/out',
        '--overwrite',
        '--format',
        'jsonl',
        '--check',
        '--quiet',
        '--task-timeout',
        '1.5',
        '--root',
        'R',
      ],
    )
    expect(options).toMatchObject({
      job: 'job.ts',
      inputs: [
        { kind: 'local', path: 'a' },
        { kind: 'dfs', path: '/b' },
        { kind: 'local', path: 'c/*.gz' },
      ],
      output: { kind: 'dfs', path: '/out' },
      reducers: 3,
      workers: 2,
      memoryBytes: 64 * 2 ** 20,
      overwrite: true,
      format: 'jsonl',
      check: true,
      quiet: true,
      json: true,
      taskTimeoutMs: 1500,
      root: 'R',
    })
    expect({ ...options?.given }).toEqual({ x: '1=2', flag: undefined })
  })

  it.each([
    [[], "missing required argument 'job'"],
    [['wordcount', '-o', 'out'], 'no input. Say what to read: -i PATH'],
    [['wordcount', '-i', 'a'], 'no output. Say where the result goes: -o PATH'],
    [['wordcount', '-i', 'a', '-o'], 'argument missing'],
    [[...least, 'another'], 'too many arguments'],
    [[...least, '--overwite'], 'Did you mean --overwrite?'],
    [[...least, '--workers', '0'], '--workers 0: has to be a whole number from 1 to 256'],
    [[...least, '--workers', '1.5'], '--workers 1.5: has to be a whole number'],
    [[...least, '-r', '-1'], '--reducers'],
    [[...least, '-r', '0'], '--reducers 0: has to be a whole number from 1'],
    [[...least, '--memory', 'lots'], '--memory lots: has to be a size such as 512MB'],
    [[...least, '--memory', '5XB'], '--memory 5XB'],
    [
      [...least, '--format', 'cvs'],
      '--format cvs is unknown. Did you mean csv? There are tsv, jsonl, csv, raw, table.',
    ],
    [[...least, '--format', 'jsnol'], 'Did you mean jsonl?'],
    [[...least, '--format', 'xml'], '--format xml is unknown. There are tsv'],
    [[...least, '--task-timeout', '0'], 'a number of seconds above 0'],
    [[...least, '--side', 'names'], '--side names: has to be name=PATH'],
    [[...least, '--side', 'a=x', '--side', 'a=y'], '--side a is given twice'],
    [[...least, '--skip-bad', '-3'], '--skip-bad'],
    [[...least, '--attempts', '0'], '--attempts 0: has to be a whole number from 1 to 1000'],
    [[...least, '--heap', '1MB'], '--heap 1MB: has to be a size from 16MB to 64GB'],
    [[...least, '-p', '=x'], '-p =x: has to be name=value'],
    [[...least, '-p', 'a=1', '-p', 'a=2'], '-p a is given twice'],
    [['wordcount', '-i', 'webhdfs:/a', '-o', 'out'], 'is webhdfs://host:port/path'],
    [['wordcount', '-i', 'dfs:a', '-o', 'out'], 'Write dfs:/a'],
    [['wordcount', '-i', '', '-o', 'out'], 'An empty path'],
  ])('%j is wrong usage', async (argv, says) => {
    expect(await usage(...argv)).toContain(says)
  })

  it('shows help on stdout, within the width', async () => {
    const io = capturedIo({ columns: 60 })
    expect(await parseRunOptions(['--help'], io, machine)).toBeUndefined()
    expect(io.stdout.text).toContain('Usage: quern run [options] <job>')
    expect(io.stdout.text).toContain('(default: 6, the')
    expect(io.stderr.text).toBe('')
  })

  it('keeps a local path as typed, and resolves it only for a caller in another directory', () => {
    expect(parseDataPath('a/b', process.cwd())).toEqual({ kind: 'local', path: 'a/b' })
    expect(parseDataPath('a/b', '/elsewhere')).toEqual({ kind: 'local', path: '/elsewhere/a/b' })
    expect(parseDataPath('/a', '/elsewhere')).toEqual({ kind: 'local', path: '/a' })
    expect(parseDataPath('DFS:/a', '/')).toEqual({ kind: 'dfs', path: '/a' })
  })

  it('takes parameter names that objects have by nature', () => {
    expect(Object.entries(parseParams(['constructor=1', '__proto__=2']))).toEqual([
      ['constructor', '1'],
      ['__proto__', '2'],
    ])
  })
})

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['64k', 65536],
    ['512MB', 512 * 2 ** 20],
    ['512MiB', 512 * 2 ** 20],
    ['1.5g', 1.5 * 2 ** 30],
    [' 2 GiB ', 2 ** 31],
    ['1T', 2 ** 40],
    ['10b', 10],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  it.each(['', 'x', '-1', '1x', '1.', '.5k', '1e3', '9999999T', 'k', '1 2'])('%j is no size', (text) => {
    expect(parseSize(text)).toBeUndefined()
  })
})
