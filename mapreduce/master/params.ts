import { MrError } from '../base/errors.ts'
import type { ParamSpec, ParamValue } from '../job.ts'
import { nearestName } from './load-nearest.ts'

/**
 * Turns `-p name=value` texts into the values of the job's `params`. MR_BAD_PARAM for a name the job does not have, a
 * value that does not fit and a required one left out; the message says what is allowed.
 */
export function readParams(
  given: Readonly<Record<string, string>>,
  specs: Readonly<Record<string, ParamSpec>>,
  jobName: string,
): Record<string, ParamValue> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(specs, name)) throw unknownParam(name, specs, jobName)
  }
  // Null prototype: a parameter may be called `__proto__`.
  const values: Record<string, ParamValue> = Object.create(null)
  for (const [name, spec] of Object.entries(specs)) {
    const text = Object.hasOwn(given, name) ? given[name] : undefined
    if (text !== undefined) {
      values[name] = parse(name, text, spec, specs)
    } else if (spec.default !== undefined) {
      values[name] = spec.default
    } else if (spec.type !== 'boolean' && spec.required === true) {
      throw new MrError(
        'MR_BAD_PARAM',
        `The job ${jobName} needs the parameter ${name}: -p ${name}=…\n${allowed(specs)}`,
      )
    } else {
      values[name] = spec.type === 'boolean' ? false : undefined
    }
  }
  return { ...values }
}

function parse(name: string, text: string, spec: ParamSpec, specs: Readonly<Record<string, ParamSpec>>): ParamValue {
  const bad = (wanted: string): MrError =>
    new MrError('MR_BAD_PARAM', `-p ${name}=${text}: ${name} has to be ${wanted}.\n${allowed(specs)}`)
  switch (spec.type) {
    case 'string':
      return text
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || !Number.isFinite(value)) throw bad('a number')
      return value
    }
    case 'boolean':
      // `-p reverse` alone arrives as an empty text.
      if (text === '' || text === 'true' || text === '1' || text === 'yes') return true
      if (text === 'false' || text === '0' || text === 'no') return false
      throw bad('true or false')
  }
}

function unknownParam(name: string, specs: Readonly<Record<string, ParamSpec>>, jobName: string): MrError {
  const names = Object.keys(specs)
  if (names.length === 0) {
    return new MrError('MR_BAD_PARAM', `The job ${jobName} takes no parameters, but was given -p ${name}.`)
  }
  const near = nearestName(name, names)
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return new MrError('MR_BAD_PARAM', `The job ${jobName} has no parameter ${name}.${hint}\n${allowed(specs)}`)
}

function allowed(specs: Readonly<Record<string, ParamSpec>>): string {
  const lines = Object.entries(specs).map(([name, spec]) => {
    const required = spec.type !== 'boolean' && spec.required === true && spec.default === undefined
    const note = required ? ', required' : spec.default === undefined ? '' : `, default ${spec.default}`
    return `  -p ${name}=<${spec.type}>  ${spec.describe ?? ''}${note}`
  })
  return `Its parameters are:\n${lines.join('\n')}`
}
