import { MrError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest-name.ts'
import type { ParamSpec, ParamValue } from '../job.ts'

/** The parameters of a job as given: `-p name=value`; a bare `-p name` has no value and switches a boolean on. */
export type GivenParams = Readonly<Record<string, string | undefined>>
export type ParamSpecs = Readonly<Record<string, ParamSpec>>

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/** `name=type  describe`, as messages and `quern jobs` list a parameter. */
export function paramUsage(name: string, spec: ParamSpec): string {
  return spec.type === 'boolean' ? name : `${name}=<${spec.type}>`
}

function known(specs: ParamSpecs, jobName: string): string {
  const names = Object.entries(specs).map(([name, spec]) => `  -p ${paramUsage(name, spec)}  ${spec.describe}`)
  return names.length === 0 ? `The job ${jobName} takes none.` : `The job ${jobName} takes:\n${names.join('\n')}`
}

function parseParam(name: string, text: string | undefined, spec: ParamSpec): ParamValue {
  const asked = text === undefined ? `-p ${name}` : `-p ${name}=${text}`
  const wrong = (why: string) => new MrError('MR_BAD_PARAM', `${asked}: ${why} (${spec.describe})`)
  switch (spec.type) {
    case 'string':
      if (text === undefined) throw wrong(`there is no value; write -p ${name}=<value>`)
      return text
    case 'number':
      if (text === undefined) throw wrong(`there is no value; write -p ${name}=<number>`)
      if (!NUMBER.test(text.trim())) throw wrong(`${JSON.stringify(text)} is not a number`)
      return Number(text)
    case 'boolean': {
      const value = text === undefined ? true : booleans.get(text.toLowerCase())
      if (value === undefined) throw wrong(`${JSON.stringify(text)} is neither true nor false`)
      return value
    }
  }
}

/**
 * What `ctx.params` holds: given values in the types the job names, defaults for the rest. Throws MR_BAD_PARAM for a name
 * the job does not know, a value of the wrong type, and a required one that is missing.
 */
export function resolveParams(
  specs: ParamSpecs | undefined,
  given: GivenParams,
  jobName: string,
): Readonly<Record<string, ParamValue>> {
  const all = specs ?? {}
  const values: Record<string, ParamValue> = {}
  for (const [name, text] of Object.entries(given)) {
    const spec = Object.hasOwn(all, name) ? all[name] : undefined
    if (spec === undefined) {
      const hint = didYouMean(name, Object.keys(all))
      throw new MrError(
        'MR_BAD_PARAM',
        `-p ${name}: the job ${jobName} has no such parameter.${hint} ${known(all, jobName)}`,
      )
    }
    values[name] = parseParam(name, text, spec)
  }
  for (const [name, spec] of Object.entries(all)) {
    if (Object.hasOwn(values, name)) continue
    if (spec.type !== 'boolean' && spec.required === true && spec.default === undefined) {
      throw new MrError('MR_BAD_PARAM', `The job ${jobName} needs -p ${paramUsage(name, spec)} (${spec.describe}).`)
    }
    values[name] = spec.type === 'boolean' ? spec.default === true : spec.default
  }
  return values
}
