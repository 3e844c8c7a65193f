import { bundledJobs } from '../../jobs/index.ts'
import type { ParamSpec } from '../../mapreduce/job.ts'
import { inputNames } from '../../mapreduce/master/input-names.ts'
import { loadJob } from '../../mapreduce/master/load-job.ts'
import { paramUsage } from '../../mapreduce/master/load-params.ts'
import { write } from '../terminal/output.ts'
import { type Style, styleFor } from '../terminal/style.ts'
import { tableLines } from '../terminal/table.ts'
import type { Command, CommandIo } from './command.ts'
import { parse, parser } from './usage.ts'

interface JobDescription {
  readonly name: string
  readonly describe: string
  readonly source: string
  readonly params: Readonly<Record<string, ParamSpec>>
  readonly reduces: boolean
  /** Empty for a job with a single, nameless one. */
  readonly inputs: readonly string[]
}

async function describeJob(nameOrPath: string, cwd: string): Promise<JobDescription> {
  const { name, sourcePath, job } = await loadJob(nameOrPath, { cwd, bundled: bundledJobs })
  const listed = bundledJobs.find((bundled) => bundled.name === nameOrPath)
  return {
    name,
    describe: listed?.describe ?? job.describe ?? '',
    source: sourcePath,
    params: job.params ?? {},
    reduces: job.reduce !== undefined || job.join !== undefined,
    inputs: inputNames(job) ?? [],
  }
}

const optional = (spec: ParamSpec): boolean => spec.type === 'boolean' || spec.required !== true

function usageOf(job: JobDescription): string {
  const words = Object.entries(job.params).map(([name, spec]) => {
    const usage = `-p ${paramUsage(name, spec)}`
    return optional(spec) ? `[${usage}]` : usage
  })
  return words.join(' ')
}

function listLines(jobs: readonly JobDescription[], style: Style): string[] {
  const rows = jobs.flatMap((job) => {
    const usage = usageOf(job)
    return [[style.cyan(job.name), job.describe], ...(usage === '' ? [] : [['', style.dim(usage)]])]
  })
  return [
    ...tableLines(rows),
    '',
    'More about one: quern jobs <name>. A job of your own is a path: quern run ./my-job.ts …',
  ]
}

function detailLines(job: JobDescription, style: Style): string[] {
  const lines = [`${style.bold(job.name)}${job.describe === '' ? '' : `: ${job.describe}`}`, '']
  const specs = Object.entries(job.params)
  if (specs.length === 0) lines.push('It takes no parameters.')
  else {
    const rows = specs.map(([name, spec]) => {
      const state = spec.default !== undefined && spec.default !== false ? `(default ${spec.default})` : ''
      const needed = optional(spec) ? '' : '(required)'
      return [
        `  -p ${style.cyan(paramUsage(name, spec))}`,
        [spec.describe, needed, state].filter((text) => text !== '').join(' '),
      ]
    })
    lines.push('Parameters:', ...tableLines(rows))
  }
  const required = specs.filter(([, spec]) => !optional(spec)).map(([name, spec]) => ` -p ${paramUsage(name, spec)}`)
  const inputs = job.inputs.length === 0 ? ' -i PATH…' : job.inputs.map((name) => ` -i ${name}=PATH`).join('')
  const named = bundledJobs.some((bundled) => bundled.name === job.name) ? job.name : job.source
  lines.push(
    '',
    `Output: part-${job.reduces ? 'r' : 'm'}-* files.`,
    `Source: ${job.source}`,
    '',
    `  quern run ${named}${required.join('')}${inputs} -o PATH`,
  )
  return lines
}

async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const command = parser('jobs', 'Lists the bundled jobs, or tells about one.')
    .argument('[job]', 'a bundled job or the path of a module')
    .option('--json', 'as JSON')
  if (!(await parse(command, argv, io))) return 0
  const [asked] = command.args
  const options: { json?: true } = command.opts()
  const names = asked === undefined ? bundledJobs.map(({ name }) => name) : [asked]
  const jobs = await Promise.all(names.map((name) => describeJob(name, io.cwd)))
  const style = styleFor(io.stdout, io.env)
  const [only] = jobs
  if (options.json === true) {
    await write(io.stdout, `${JSON.stringify(asked === undefined ? jobs : only, null, 2)}\n`)
  } else {
    const lines = asked === undefined || only === undefined ? listLines(jobs, style) : detailLines(only, style)
    await write(io.stdout, `${lines.join('\n')}\n`)
  }
  return 0
}

export const command: Command = { name: 'jobs', summary: 'the bundled jobs, a line each', run }
