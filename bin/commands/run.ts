import type { Dfs } from '../../dfs/index.ts'
import { bundledJobs } from '../../jobs/index.ts'
import { type LoadedJob, loadJob } from '../../mapreduce/master/load-job.ts'
import { type GivenParams, resolveParams } from '../../mapreduce/master/load-params.ts'
import type { JobReport, RunJobOptions } from '../../mapreduce/master/run-job.ts'
import { explanationLines } from '../terminal/explanation.ts'
import { write } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress.ts'
import { styleFor } from '../terminal/style.ts'
import { summaryLines } from '../terminal/summary.ts'
import type { Command, CommandIo } from './command.ts'
import { invocation, shellWord } from './invocation.ts'
import { lazyDfs } from './lazy-dfs.ts'
import { type Remotes, remotes } from './remotes.ts'
import { bindInputs, parseRunOptions, type RunOptions } from './run-options.ts'

type RunJob = (options: RunJobOptions) => Promise<JobReport>

/** In the form the engine takes; checked here first, so that a slip costs no start of workers. */
function engineParams({ job, name }: LoadedJob, given: GivenParams): Record<string, string> {
  resolveParams(job.params, given, name)
  return Object.fromEntries(Object.entries(given).map(([param, text]) => [param, text ?? 'true']))
}

function lookAt(report: JobReport, options: RunOptions, io: CommandIo, counts: boolean): string {
  const part = `part-${report.reducers > 0 ? 'r' : 'm'}-*`
  const sorted = counts ? ' | sort -k2,2nr' : ''
  if (options.output.kind === 'dfs') {
    const root = options.root === undefined ? '' : ` --root ${shellWord(options.root)}`
    return `${invocation(io)} fs${root} -cat ${shellWord(`${options.output.path}/${part}`)}${sorted} | head`
  }
  if (options.output.kind === 'webhdfs') {
    return `${invocation(io)} fs -cat ${shellWord(`${options.output.path.replace(/\/+$/, '')}/${part}`)}${sorted} | head`
  }
  const files = `${shellWord(options.output.path.replace(/\/+$/, ''))}/${part}`
  return counts ? `sort -k2,2nr ${files} | head` : `head ${files}`
}

function engineOptions(
  loaded: LoadedJob,
  params: Record<string, string>,
  options: RunOptions,
  openDfs: () => Promise<Dfs>,
  openRemote: Remotes['open'],
  io: CommandIo,
): RunJobOptions {
  return {
    moduleUrl: loaded.moduleUrl,
    jobName: loaded.name,
    params,
    inputs: options.inputs,
    output: options.output,
    overwrite: options.overwrite,
    workers: options.workers,
    memoryBytes: options.memoryBytes,
    checked: options.check,
    openDfs,
    openRemote,
    signal: io.signal,
    ...(options.reducers === undefined ? {} : { reducers: options.reducers }),
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.taskTimeoutMs === undefined ? {} : { taskTimeoutMs: options.taskTimeoutMs }),
    ...(options.attempts === undefined ? {} : { taskAttempts: options.attempts }),
    ...(options.heapMiB === undefined ? {} : { workerHeapMiB: options.heapMiB }),
    ...(options.skipBad === undefined ? {} : { skipBad: options.skipBad }),
    ...(options.speculate === undefined ? {} : { speculate: options.speculate }),
    sides: options.sides,
    packRuns: options.packRuns,
    resume: options.resume,
  }
}

/** What is asked for is the explanation, so it goes to stdout. */
async function explainWith(job: RunJobOptions, options: RunOptions, io: CommandIo): Promise<number> {
  const { explainJob } = await import('../../mapreduce/master/run-job.ts')
  const explanation = await explainJob(job)
  const text = options.json
    ? JSON.stringify(explanation, null, 2)
    : explanationLines(explanation, styleFor(io.stdout, io.env)).join('\n')
  await write(io.stdout, `${text}\n`)
  return 0
}

async function runWith(loadEngine: () => Promise<RunJob>, given: RunOptions, io: CommandIo): Promise<number> {
  // The bundler is a process of its own: the engine is loaded while it works.
  const [loaded, runJob] = await Promise.all([loadJob(given.job, { cwd: io.cwd, bundled: bundledJobs }), loadEngine()])
  const options = bindInputs(given, loaded.job, io.cwd)
  const params = engineParams(loaded, options.given)
  // Reading from a DFS that is not there is a mistake; writing into one makes it.
  const reads = [...options.inputs, ...Object.values(options.sides)]
  const dfs = lazyDfs({ root: options.root, create: !reads.some(({ kind }) => kind === 'dfs') }, io)
  const elsewhere = remotes(io)
  const close = async (): Promise<void> => {
    await dfs.close()
    await elsewhere.close()
  }
  const engine = engineOptions(loaded, params, options, dfs.open, elsewhere.open, io)
  if (options.explain) {
    try {
      return await explainWith(engine, options, io)
    } finally {
      await close()
    }
  }
  const style = styleFor(io.stderr, io.env)
  const progress = new ProgressLine({
    stream: io.stderr,
    style,
    jobName: loaded.name,
    quiet: options.quiet,
    term: io.env['TERM'],
  })
  let report: JobReport
  try {
    report = await runJob({
      ...engine,
      onProgress: (step) => progress.update(step),
    })
  } finally {
    progress.clear()
    await close()
  }
  if (options.json) await write(io.stdout, `${JSON.stringify(report, null, 2)}\n`)
  else if (!options.quiet) {
    const columns = 'columns' in io.stderr && typeof io.stderr.columns === 'number' ? io.stderr.columns : 80
    const lines = summaryLines(report, columns, style)
    const counts = loaded.name === 'wordcount' && options.format === undefined
    lines.push('', `See it: ${lookAt(report, options, io, counts)}`)
    await write(io.stderr, `${lines.join('\n')}\n`)
  }
  return 0
}

/** The command around an engine; tests pass one of their own. */
export function runCommand(loadEngine: () => Promise<RunJob>): Command {
  return {
    name: 'run',
    summary: 'run a job over files',
    async run(argv, io) {
      const options = await parseRunOptions(argv, io)
      return options === undefined ? 0 : await runWith(loadEngine, options, io)
    },
  }
}

export const command: Command = runCommand(async () => (await import('../../mapreduce/master/run-job.ts')).runJob)
