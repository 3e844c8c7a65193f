import { MrError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest-name.ts'
import type { FileShape } from '../input/file-shape.ts'
import type { InputFormat } from '../input/format.ts'
import type { Job } from '../job.ts'
import type { InputPath } from './job-options.ts'
import type { InputFile } from './task.ts'

/** The names of a job's inputs; undefined for a job with a single, nameless one. */
export function inputNames(job: Pick<Job, 'inputs' | 'join' | 'flow'>): readonly string[] | undefined {
  // One that reads a single input takes paths as they are, and the name is for messages.
  if (job.flow !== undefined)
    return job.flow.sources.length === 1 ? undefined : job.flow.sources.map(({ name }) => name)
  if (job.join !== undefined) return ['left', 'right']
  return job.inputs === undefined ? undefined : Object.keys(job.inputs)
}

/** The input a file belongs to; a job without named inputs is its own. */
export function inputOf(job: Job, name: string | undefined): { readonly input?: InputFormat<unknown> } | undefined {
  if (job.join !== undefined) return name === 'right' ? job.join.right : job.join.left
  return job.inputs === undefined || name === undefined ? job : job.inputs[name]
}

/** The columns of each input, by the first of its files that names any. */
export function columnsOf(
  files: readonly InputFile[],
  shapes: readonly FileShape[],
): Readonly<Record<string, readonly string[]>> {
  const columns: Record<string, readonly string[]> = {}
  for (const [i, { input = '' }] of files.entries()) {
    const names = shapes[i]?.columns
    if (names !== undefined && !Object.hasOwn(columns, input)) columns[input] = names
  }
  return columns
}

/**
 * What was typed behind `-i` for a job with named inputs: `name=path`. MR_USAGE names the inputs there are. A path may
 * hold `=` itself: the first one ends the name.
 */
export function splitInputName(typed: string, names: readonly string[]): { name: string; path: string } {
  const equals = typed.indexOf('=')
  const name = typed.slice(0, Math.max(0, equals))
  if (names.includes(name)) return { name, path: typed.slice(equals + 1) }
  const hint = equals < 0 ? '' : didYouMean(name, names)
  const what = equals < 0 ? 'does not say which input it is for' : `names an input that is not there.${hint}`
  throw new MrError('MR_USAGE', `-i ${typed} ${what}${equals < 0 ? '.' : ''} ${theInputs(names)}`)
}

/** Every path has a name the job knows, and every input of the job a path; or nothing has a name. MR_USAGE otherwise. */
export function checkInputNames(job: Job, paths: readonly InputPath[], jobName: string): void {
  const names = inputNames(job)
  if (names === undefined) {
    const named = paths.find(({ name }) => name !== undefined)
    if (named === undefined) return
    throw new MrError('MR_USAGE', `The job ${jobName} has no named inputs, but one is given for "${named.name}".`)
  }
  for (const { name, path } of paths) {
    if (name === undefined || !names.includes(name)) {
      const found = name === undefined ? `${path} is given without a name` : `"${name}" is not one of them`
      throw new MrError('MR_USAGE', `The job ${jobName} has named inputs, and ${found}. ${theInputs(names)}`)
    }
  }
  const missing = names.filter((name) => !paths.some((path) => path.name === name))
  if (missing.length === 0) return
  throw new MrError(
    'MR_USAGE',
    `The job ${jobName} got nothing for its input ${missing.join(', ')}. ${theInputs(names)}`,
  )
}

function theInputs(names: readonly string[]): string {
  return `Its inputs are ${names.join(', ')}: ${names.map((name) => `-i ${name}=PATH`).join(' ')}`
}
