import { bundledJobs } from '../../jobs/index.ts'
import { MrError } from '../../mapreduce/base/errors.ts'
import { loadJob } from '../../mapreduce/master/load-job.ts'
import { resolveParams } from '../../mapreduce/master/load-params.ts'
import { readSides } from '../../mapreduce/master/side-data.ts'
import { chooseOutput, outputFormatNames } from '../../mapreduce/output/format.ts'
import { runCombineStage, runReduceStage } from '../../mapreduce/stage/group-stage.ts'
import { runMapStage } from '../../mapreduce/stage/map-stage.ts'
import { StageContext, type StageIo } from '../../mapreduce/stage/stage-io.ts'
import { type EngineJob, importJob } from '../../mapreduce/task/engine-job.ts'
import { SideFiles } from '../../mapreduce/task/side-file.ts'
import { write } from '../terminal/output.ts'
import { printable } from '../terminal/width.ts'
import type { Command, CommandIo } from './command.ts'
import { lazyDfs } from './lazy-dfs.ts'
import { remotes } from './remotes.ts'
import { checkFormat, parseParams, parseSides } from './run-options.ts'
import { parse, parser } from './usage.ts'

interface StageOptions {
  readonly param?: string[]
  readonly side?: string[]
  readonly format?: string
  readonly input?: string
  readonly root?: string
}

type StageName = 'map' | 'combine' | 'reduce'

const PIPELINE = `
The stages of a job in a pipeline give what quern run gives with one reducer, for keys that are text:
  cat book.txt | quern map wordcount | LC_ALL=C sort | quern reduce wordcount

Lines between stages are key TAB value. combine is optional, and may run any number of times on sorted lines.
`

const descriptions: Readonly<Record<StageName, string>> = {
  map: "Runs a job's map over the lines of stdin.",
  combine: "Runs a job's combine over sorted lines of stdin.",
  reduce: "Runs a job's reduce over sorted lines of stdin.",
}

async function runStage(
  name: StageName,
  job: EngineJob,
  ctx: StageContext,
  io: StageIo,
  format: string | undefined,
  input: string | undefined,
): Promise<void> {
  const output = chooseOutput(format === undefined ? undefined : checkFormat(format), job.output)
  if (name === 'map') await runMapStage(job, ctx, io, output, checkInput(job, input))
  else if (name === 'reduce') await runReduceStage(job, ctx, io, output)
  else await runCombineStage(job, ctx, io)
}

/** The input whose map is to run: it has to be said where there are several. */
function checkInput(job: EngineJob, asked: string | undefined): string | undefined {
  const names = job.inputs === undefined ? [] : Object.keys(job.inputs)
  if (asked === undefined ? names.length === 0 : names.includes(asked)) return asked
  if (names.length === 0) throw new MrError('MR_USAGE', `--input ${asked}: the job has no named inputs. Leave it out.`)
  const what =
    asked === undefined
      ? 'The job has several inputs; say whose map is to run'
      : `--input ${asked}: there is no such input`
  throw new MrError('MR_USAGE', `${what}: ${names.map((name) => `--input ${name}`).join(' or ')}`)
}

const collect = (word: string, before: readonly string[] | undefined): string[] => [...(before ?? []), word]

function stageCommand(name: StageName): Command {
  return {
    name,
    summary: descriptions[name],
    async run(argv, io: CommandIo) {
      const command = parser(name, descriptions[name])
        .argument('<job>', 'a bundled job (see `quern jobs`) or the path of a .ts or .js module')
        .option('-p, --param <name=value>', 'a parameter of the job; a switch needs no value', collect)
        .option(
          '--side <name=path>',
          'a small file for ctx.side(name); local, dfs:/path, or webhdfs://host:port/path',
          collect,
        )
        .option('--root <dir>', 'where the DFS lives (default: $QUERN_ROOT or ~/.quern)')
        .addHelpText('after', PIPELINE)
      if (name !== 'combine')
        command.option(
          '--format <name>',
          `how the output is written: ${outputFormatNames.join(', ')} (default: the job's own)`,
        )
      if (name === 'map') command.option('--input <name>', 'which of its inputs, for a job with several')
      if (!(await parse(command, argv, io))) return 0
      const { param = [], side = [], format, root, input }: StageOptions = command.opts()
      const loaded = await loadJob(command.args[0] ?? '', { cwd: io.cwd, bundled: bundledJobs })
      const { join, flow } = loaded.job
      if (join !== undefined || flow !== undefined) {
        throw new MrError(
          'MR_USAGE',
          `${loaded.name} is a ${flow === undefined ? 'join' : 'flow'}, which has no stages to run as filters. Run it with quern run.`,
        )
      }
      const params = resolveParams(loaded.job.params, parseParams(param), loaded.name)
      const sides = parseSides(side, io.cwd)
      const dfs = lazyDfs({ root, create: false }, io)
      const elsewhere = remotes(io)
      const sideFiles = await readSides(sides, dfs.open, elsewhere.open).finally(dfs.close).finally(elsewhere.close)
      const job = await importJob(loaded.moduleUrl)
      const ctx = new StageContext(params, io.signal, new SideFiles(sideFiles))
      ctx.outputs = job.outputs ?? {}
      const stage: StageIo = { input: io.stdin, write: (bytes) => write(io.stdout, bytes), signal: io.signal }
      await runStage(name, job, ctx, stage, format, input)
      const counters = [...ctx.counters].map(([counter, value]) => `${printable(counter)} ${value}\n`)
      for (const [output, records] of ctx.notWritten) {
        counters.push(
          `${records} records to the output ${printable(output)} were not written: a filter has one output\n`,
        )
      }
      if (counters.length > 0) await write(io.stderr, counters.join(''))
      return 0
    },
  }
}

export const mapCommand: Command = stageCommand('map')
export const combineCommand: Command = stageCommand('combine')
export const reduceCommand: Command = stageCommand('reduce')
