import { availableParallelism, totalmem } from 'node:os'
import path from 'node:path'
import { DfsError, parseWebHdfsUrl } from '../../dfs/index.ts'
import { MrError } from '../../mapreduce/base/errors.ts'
import type { Job } from '../../mapreduce/job.ts'
import { inputNames, splitInputName } from '../../mapreduce/master/input-names.ts'
import type { GivenParams } from '../../mapreduce/master/load-params.ts'
import type { DataPath, InputPath } from '../../mapreduce/master/run-job.ts'
import { isOutputFormatName, type OutputFormatName, outputFormatNames } from '../../mapreduce/output/format.ts'
import type { CommandIo } from './command.ts'
import { parseSize } from './size.ts'
import { nearest } from './suggest.ts'
import { parse, parser } from './usage.ts'

export interface RunOptions {
  readonly job: string
  /** What stood behind `-i`, each word as a path. A job with named inputs reads the words again: `bindInputs`. */
  readonly inputs: readonly InputPath[]
  readonly inputWords: readonly string[]
  readonly output: DataPath
  readonly given: GivenParams
  readonly overwrite: boolean
  readonly reducers: number | undefined
  readonly workers: number
  readonly memoryBytes: number
  readonly format: string | undefined
  readonly check: boolean
  readonly explain: boolean
  readonly quiet: boolean
  readonly json: boolean
  readonly taskTimeoutMs: number | undefined
  readonly skipBad: number | undefined
  readonly sides: Readonly<Record<string, DataPath>>
  readonly attempts: number | undefined
  readonly heapMiB: number | undefined
  readonly speculate: boolean | undefined
  readonly packRuns: boolean
  readonly resume: boolean
  readonly root: string | undefined
}

const GiB = 2 ** 30
const WORKERS_MAX = 256

const usageError = (message: string) => new MrError('MR_USAGE', message)

/**
 * `dfs:/a/b` lies in the DFS, `webhdfs://host:port/a/b` in any HDFS, everything else is a local path, kept as typed: it is the
 * name people see again.
 */
export function parseDataPath(typed: string, cwd: string): DataPath {
  if (typed === '')
    throw usageError('An empty path was given. The current directory is `.`, the root of the DFS is `dfs:/`.')
  if (/^s?webhdfs:/i.test(typed)) return { kind: 'webhdfs', path: webHdfsPath(typed) }
  if (/^dfs:/i.test(typed)) {
    const inside = typed.slice(4)
    if (!inside.startsWith('/')) throw usageError(`${typed}: a DFS path is absolute. Write dfs:/${inside}`)
    return { kind: 'dfs', path: inside }
  }
  // Only a caller other than the command itself has a working directory that is not the process's.
  const local = path.isAbsolute(typed) || cwd === process.cwd() ? typed : path.join(cwd, typed)
  return { kind: 'local', path: local }
}

function webHdfsPath(typed: string): string {
  try {
    const { origin, path: inside } = parseWebHdfsUrl(typed)
    return origin + inside
  } catch (error) {
    if (!(error instanceof DfsError)) throw error
    throw usageError(`${typed}: an address in an HDFS is webhdfs://host:port/path, and swebhdfs:// over TLS.`)
  }
}

/** A job without named inputs takes paths literally, even those with a `=`; one with them takes `name=path` alone. */
export function bindInputs(options: RunOptions, job: Pick<Job, 'inputs' | 'join' | 'flow'>, cwd: string): RunOptions {
  const names = inputNames(job)
  if (names === undefined) return options
  const inputs = options.inputWords.map((word) => {
    const { name, path: typed } = splitInputName(word, names)
    return { ...parseDataPath(typed, cwd), name }
  })
  return { ...options, inputs }
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= most) return value
  throw usageError(`${option} ${text}: has to be a whole number from 1 to ${most}.`)
}

function seconds(option: string, text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= 30 * 86_400) return Math.max(1, Math.round(value * 1000))
  throw usageError(`${option} ${text}: has to be a number of seconds above 0.`)
}

function memorySize(text: string): number {
  const bytes = parseSize(text)
  if (bytes !== undefined) return bytes
  throw usageError(`--memory ${text}: has to be a size such as 512MB, 1GiB or 64m.`)
}

export function checkFormat(name: string): OutputFormatName {
  if (isOutputFormatName(name)) return name
  const meant = nearest(name, outputFormatNames)
  throw usageError(
    `--format ${name} is unknown.${meant === undefined ? '' : ` Did you mean ${meant}?`} There are ${outputFormatNames.join(', ')}.`,
  )
}

/** `name=value`, or a bare `name` for a switch; the job, once loaded, says whether it is one. */
export function parseParams(words: readonly string[]): GivenParams {
  const given: Record<string, string | undefined> = Object.create(null)
  for (const word of words) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    if (name === '') throw new MrError('MR_BAD_PARAM', `-p ${word}: has to be name=value.`)
    if (name in given) throw new MrError('MR_BAD_PARAM', `-p ${name} is given twice.`)
    given[name] = equals < 0 ? undefined : word.slice(equals + 1)
  }
  return given
}

/** `name=PATH` of side files. */
export function parseSides(words: readonly string[], cwd: string): Record<string, DataPath> {
  const sides: Record<string, DataPath> = Object.create(null)
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) throw usageError(`--side ${word}: has to be name=PATH.`)
    const name = word.slice(0, equals)
    if (name in sides) throw usageError(`--side ${name} is given twice.`)
    sides[name] = parseDataPath(word.slice(equals + 1), cwd)
  }
  return sides
}

function heapSize(text: string): number {
  const mebibytes = Math.floor((parseSize(text) ?? 0) / 2 ** 20)
  if (mebibytes >= 16 && mebibytes <= 65_536) return mebibytes
  throw usageError(`--heap ${text}: has to be a size from 16MB to 64GB.`)
}

export interface Machine {
  readonly cores: number
  readonly memoryBytes: number
}

const thisMachine = (): Machine => ({ cores: availableParallelism(), memoryBytes: totalmem() })

const DETAILS = `
Input is files, globs, and directories with all below them (but names that begin with . or _); .gz is unpacked. Output
is a directory with part files and _SUCCESS; it appears whole or not at all. Input of another HDFS (webhdfs://) is fetched
into a temporary directory first, which needs room for it (QUERN_TMP).
Formats: tsv (key TAB value), jsonl, csv, raw (bytes as they are), table (sorted and indexed, for quern get).
Sizes: 64k, 512MB, 1GiB. Exit code: 0 done, 1 the job failed, 2 wrong usage or bad input.

Examples:
  quern run wordcount -i book.txt -o counts
  quern run grep -p pattern='err(or)?' -p file -i logs/*.gz -o found
  quern run ./sessions.ts -i dfs:/logs -o dfs:/sessions -r 4 --overwrite
`

const collect = (word: string, before: readonly string[] | undefined): string[] => [...(before ?? []), word]

/** What `quern run` was told, complete and checked as far as the words alone allow; undefined when it was for help. */
export async function parseRunOptions(
  argv: readonly string[],
  io: CommandIo,
  machine: Machine = thisMachine(),
): Promise<RunOptions | undefined> {
  const command = parser('run', 'Runs a job over files and leaves its output in a directory.')
    .argument('<job>', 'a bundled job (see `quern jobs`) or the path of a .ts or .js module')
    .option(
      '-i, --input <path...>',
      'what to read; local, dfs:/path, or webhdfs://host:port/path; name=path for a job with named inputs',
    )
    .option('-o, --output <path>', 'the directory to make, local, dfs:/path, or webhdfs://host:port/path')
    .option('-r, --reducers <n>', 'part files of a job that reduces (default: by the size of the input)')
    .option('--workers <n>', `worker threads (default: ${machine.cores}, the cores)`)
    .option('--memory <size>', 'for all workers together (default: 1GiB, at most a quarter of the RAM)')
    .option('-p, --param <name=value>', 'a parameter of the job; a switch needs no value', collect)
    .option('--overwrite', 'replace the output if it exists')
    .option('--format <name>', `how records are written: ${outputFormatNames.join(', ')} (default: the job's own)`)
    .option('--check', 'find a job that keeps a Text beyond its call: views are scribbled over')
    .option('--explain', 'say what would be done, and likely hot keys by a sample, and do nothing')
    .option('--quiet', 'print nothing but errors')
    .option('--json', 'the report of the job as JSON on stdout')
    .option('--task-timeout <seconds>', 'end a task without progress after this long (default: 60)')
    .option('--attempts <n>', 'failures of a task before the job fails (default: 4)')
    .option('--heap <size>', "for the job's own objects, each worker (default: 1GiB)")
    .option('--skip-bad <n>', 'set records aside on which map fails, at most so many; they are kept in _skipped')
    .option(
      '--side <name=path>',
      'a small file for ctx.side(name); local, dfs:/path, or webhdfs://host:port/path',
      collect,
    )
    .option('--speculate', 'let an idle worker run a slow task a second time (default: with more than two cores)')
    .option('--no-speculate', 'never do')
    .option('--pack-runs', 'pack (LZ4) what lies on disk between map and reduce: where the disk is what is slow')
    .option(
      '--resume',
      'go on from the finished maps of a run that failed or was killed, and keep them if this one fails',
    )
    .option('--root <dir>', 'where the DFS lives (default: $QUERN_ROOT or ~/.quern)')
    .addHelpText('after', DETAILS)
  if (!(await parse(command, argv, io))) return undefined

  const options: {
    input?: string[]
    output?: string
    reducers?: string
    workers?: string
    memory?: string
    param?: string[]
    overwrite?: true
    format?: string
    check?: true
    explain?: true
    quiet?: true
    json?: true
    taskTimeout?: string
    attempts?: string
    heap?: string
    skipBad?: string
    side?: string[]
    speculate?: boolean
    packRuns?: true
    resume?: true
    root?: string
  } = command.opts()
  const [job] = command.args
  if (job === undefined) throw usageError('run: no job was given. See quern run --help.')
  const { input = [], output } = options
  if (input.length === 0) throw usageError('run: no input. Say what to read: -i PATH…')
  if (output === undefined) throw usageError('run: no output. Say where the result goes: -o PATH')
  return {
    job,
    inputs: input.map((typed) => parseDataPath(typed, io.cwd)),
    inputWords: input,
    output: parseDataPath(output, io.cwd),
    given: parseParams(options.param ?? []),
    overwrite: options.overwrite === true,
    reducers: options.reducers === undefined ? undefined : wholeNumber('--reducers', options.reducers, 99_999),
    workers: options.workers === undefined ? machine.cores : wholeNumber('--workers', options.workers, WORKERS_MAX),
    memoryBytes:
      options.memory === undefined ? Math.min(GiB, Math.floor(machine.memoryBytes / 4)) : memorySize(options.memory),
    format: options.format === undefined ? undefined : checkFormat(options.format),
    check: options.check === true,
    explain: options.explain === true,
    quiet: options.quiet === true,
    json: options.json === true,
    taskTimeoutMs: options.taskTimeout === undefined ? undefined : seconds('--task-timeout', options.taskTimeout),
    skipBad: options.skipBad === undefined ? undefined : wholeNumber('--skip-bad', options.skipBad, 1e9),
    sides: parseSides(options.side ?? [], io.cwd),
    attempts: options.attempts === undefined ? undefined : wholeNumber('--attempts', options.attempts, 1000),
    heapMiB: options.heap === undefined ? undefined : heapSize(options.heap),
    speculate: options.speculate,
    packRuns: options.packRuns === true,
    resume: options.resume === true,
    root: options.root,
  }
}
