import { didYouMean, nearestName } from '../base/nearest-name.ts'
import { isFlowParts } from '../flow/graph.ts'
import { inputFormatNames } from '../input/format.ts'
import { formatProblem } from '../input/format-problem.ts'
import type { Job, ParamSpec } from '../job.ts'
import { isNamedOutput } from '../output/commit.ts'
import { outputFormatNames } from '../output/format.ts'
import { aggregateNames, isAggregate, showAggregate } from '../shuffle/aggregate.ts'
import { passThroughNames } from '../shuffle/pass-through.ts'
import { partitionNames } from '../shuffle/range.ts'
import { isWords } from '../task/built-in-map.ts'
import { joinStrategies, joinTypes } from '../task/join-choice.ts'
import { jobLimitRanges } from './job-limits.ts'

/** What is wrong with a module's default export as a job; undefined when nothing is. */

const EXAMPLE = `A job module looks like this:

    export default {
      map(line, emit) { for (const word of line.words()) emit(word, 1) },
      combine: (word, ones, emit) => { let n = 0; for (const one of ones) n += one; emit(word, n) },
      reduce: (word, counts, emit) => { let n = 0; for (const c of counts) n += c; emit(word, n) },
    }`

type FieldKind =
  | 'function'
  | 'string'
  | 'input'
  | 'inputs'
  | 'join'
  | 'flow'
  | 'output'
  | 'function or aggregate'
  | 'reduction'
  | 'partition'
  | 'positive integer'
  | 'params'
  | 'outputs'
  | 'limits'

const fieldKinds: Readonly<Record<string, FieldKind>> = {
  name: 'string',
  describe: 'string',
  params: 'params',
  input: 'input',
  output: 'output',
  outputs: 'outputs',
  limits: 'limits',
  setup: 'function',
  inputs: 'inputs',
  map: 'function',
  combine: 'function or aggregate',
  reduce: 'reduction',
  cleanup: 'function',
  reducers: 'positive integer',
  partition: 'partition',
  join: 'join',
  flow: 'flow',
  groupBy: 'positive integer',
}

/** Other systems' words for the same fields. */
const aliases: Readonly<Record<string, string>> = {
  mapper: 'map',
  reducer: 'reduce',
  combiner: 'combine',
  partitioner: 'partition',
  description: 'describe',
  inputformat: 'input',
  outputformat: 'output',
  namedoutputs: 'outputs',
  multipleoutputs: 'outputs',
  numreducers: 'reducers',
  numreducetasks: 'reducers',
  limit: 'limits',
  teardown: 'cleanup',
  finish: 'cleanup',
}

export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  switch (typeof value) {
    case 'object':
      return 'an object'
    case 'function':
      return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class' : 'a function'
    case 'string':
      return `the string ${JSON.stringify(value.length > 30 ? `${value.slice(0, 30)}…` : value)}`
    default:
      return `the ${typeof value} ${String(value)}`
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function paramProblem(name: string, spec: unknown): string | undefined {
  const at = `\`params.${name}\``
  if (!isObject(spec)) return `${at} has to be { type, describe, … }, but is ${describeValue(spec)}`
  const type = spec['type']
  if (type !== 'string' && type !== 'number' && type !== 'boolean') {
    return `${at} has to have type 'string', 'number' or 'boolean', but has ${describeValue(type)}`
  }
  if (spec['describe'] !== undefined && typeof spec['describe'] !== 'string') {
    return `${at} has to have a string as \`describe\`, but has ${describeValue(spec['describe'])}`
  }
  if (spec['default'] !== undefined && typeof spec['default'] !== type) {
    return `${at} is a ${type}, but its default is ${describeValue(spec['default'])}`
  }
  if (name === '' || /[=\s]/.test(name)) return `${at}: a parameter's name can't be empty or hold = or white space`
  return undefined
}

export function isParamSpec(value: unknown): value is ParamSpec {
  return paramProblem('x', value) === undefined
}

function limitsProblem(limits: Readonly<Record<string, unknown>>): string | undefined {
  const ranges: Readonly<Record<string, readonly [number, number]>> = jobLimitRanges
  for (const [name, value] of Object.entries(limits)) {
    const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined
    if (range === undefined) {
      const known = Object.keys(ranges)
      return `\`limits.${name}\` is unknown.${didYouMean(name, known)} Known are: ${known.join(', ')}`
    }
    const [least, most] = range
    if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) {
      return `\`limits.${name}\` has to be a whole number from ${least} to ${most}, but is ${describeValue(value)}`
    }
  }
  return undefined
}

/** Whether a value is a format or aggregate of quern's: an object that says by one field which. */
function named(value: unknown, field: string, names: readonly string[]): boolean {
  const name = isObject(value) ? value[field] : undefined
  return typeof name === 'string' && names.includes(name)
}

function namedOutputProblem(format: unknown): string | undefined {
  if (!isObject(format)) return undefined
  if (format['output'] === 'table')
    return 'a table() has to come sorted, and what is written here comes as it comes; use jsonl()'
  return formatProblem('output', format)
}

/** The format of one of several inputs. */
function ownInputProblem(at: string, input: unknown): string | undefined {
  if (input === undefined) return undefined
  if (!isObject(input) || !named(input, 'input', inputFormatNames)) {
    return `${at}: \`input\` has to be a format such as text(), but is ${describeValue(input)}; known are ${calls(inputFormatNames)}`
  }
  const problem = formatProblem('input', input)
  return problem === undefined ? undefined : `${at}: ${problem}`
}

/** Each input has a name that can stand before a `=`, a `map`, and perhaps a format. */
function inputsProblem(inputs: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(inputs)
  if (entries.length === 0) return '`inputs` names no input'
  for (const [name, entry] of entries) {
    const at = `\`inputs.${name}\``
    if (name === '' || /[=\s]/.test(name)) return `${at}: an input's name can't be empty or hold = or white space`
    if (!isObject(entry)) return `${at} has to be { input, map }, but is ${describeValue(entry)}`
    const unknown = Object.keys(entry).find((field) => field !== 'input' && field !== 'map')
    if (unknown !== undefined) return `${at} has a field \`${unknown}\` that quern does not know; known are input, map`
    const { input, map } = entry
    if (typeof map !== 'function') return `${at} has to have a function \`map\`, but has ${describeValue(map)}`
    const problem = ownInputProblem(at, input) ?? wordsProblem(`${at}: \`map\``, map, input)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The formats whose records are not one `Text`. */
const notText = ['keyValue', 'csv', 'jsonl', 'table', 'byEnding']

/** The built-in `words` takes texts. */
function wordsProblem(at: string, map: unknown, input: unknown): string | undefined {
  return isWords(map) && named(input, 'input', notText)
    ? `${at} is words, which takes lines, and the input is of another format. Leave \`input\` out, or write the map`
    : undefined
}

/** A join does what these would. */
const joinless = ['map', 'inputs', 'input', 'combine', 'reduce', 'cleanup', 'reducers', 'partition', 'groupBy']

const includes = (known: readonly unknown[], value: unknown): boolean => known.includes(value)

function joinProblem(join: Readonly<Record<string, unknown>>): string | undefined {
  const { type, strategy, small } = join
  if (typeof type !== 'function' && !includes(joinTypes, type))
    return `the join's \`type\` is ${describeValue(type)}; there are ${joinTypes.join(', ')}`
  if (typeof strategy !== 'function' && !includes(joinStrategies, strategy)) {
    return `the join's \`strategy\` is ${describeValue(strategy)}; there are ${joinStrategies.join(', ')}`
  }
  if (small !== undefined && small !== 'left' && small !== 'right') {
    return `the join's \`small\` side is ${describeValue(small)}; it is left or right`
  }
  if (join['join'] !== undefined && typeof join['join'] !== 'function') {
    return `the join's \`join\` has to be a function, but is ${describeValue(join['join'])}`
  }
  for (const name of ['left', 'right']) {
    const problem = joinSideProblem(`the join's \`${name}\``, join[name])
    if (problem !== undefined) return problem
  }
  return undefined
}

function joinSideProblem(at: string, side: unknown): string | undefined {
  if (!isObject(side)) return `${at} has to be { input, key, value }, but is ${describeValue(side)}`
  const unknown = Object.keys(side).find((field) => !['input', 'key', 'value'].includes(field))
  if (unknown !== undefined)
    return `${at} has a field \`${unknown}\` that quern does not know; known are input, key, value`
  const { input, key, value } = side
  if (typeof key !== 'function') return `${at} has to have a function \`key\`, but has ${describeValue(key)}`
  if (value !== undefined && typeof value !== 'function') {
    return `${at} has to have a function as \`value\`, but has ${describeValue(value)}`
  }
  return ownInputProblem(at, input)
}

const calls = (names: readonly string[]): string => names.map((name) => `${name}()`).join(', ')

function fieldProblem(name: string, kind: FieldKind, value: unknown): string | undefined {
  const wrong = (wanted: string, known?: string) =>
    `\`${name}\` has to be ${wanted}, but is ${describeValue(value)}${known === undefined ? '' : `; known are ${known}`}`
  switch (kind) {
    case 'function':
      return typeof value === 'function' ? undefined : wrong('a function')
    case 'string':
      return typeof value === 'string' ? undefined : wrong('a string')
    case 'input':
      if (!isObject(value) || !named(value, 'input', inputFormatNames)) {
        return wrong('a format such as text()', calls(inputFormatNames))
      }
      return formatProblem('input', value)
    case 'output':
      if (!isObject(value) || !named(value, 'output', outputFormatNames)) {
        return wrong('a format such as tsv()', calls(outputFormatNames))
      }
      return formatProblem('output', value)
    case 'inputs':
      return isObject(value) ? inputsProblem(value) : wrong('an object of { input, map } by name')
    case 'flow':
      return isFlowParts(value) ? undefined : wrong('what defineFlow makes')
    case 'join':
      return isObject(value) ? joinProblem(value) : wrong('what defineJoin makes')
    case 'partition':
      return typeof value === 'function' || named(value, 'partition', partitionNames)
        ? undefined
        : wrong('a function, or a partition such as range()', calls(partitionNames))
    case 'reduction':
      return typeof value === 'function' || isAggregate(value) || named(value, 'passThrough', passThroughNames)
        ? undefined
        : wrong('a function or an aggregate such as sum', [...aggregateNames, ...passThroughNames].join(', '))
    case 'function or aggregate':
      return typeof value === 'function' || isAggregate(value)
        ? undefined
        : wrong('a function or an aggregate such as sum', aggregateNames.join(', '))
    case 'positive integer':
      return Number.isInteger(value) && Number(value) > 0 ? undefined : wrong('a whole number from 1')
    case 'outputs': {
      if (!isObject(value)) return wrong('an object of formats by name, such as { errors: tsv() }')
      for (const [output, format] of Object.entries(value)) {
        const at = `\`outputs.${output}\``
        if (!isNamedOutput(output)) return `${at}: an output's name has letters and digits only, and is not "part"`
        if (!named(format, 'output', outputFormatNames)) {
          return `${at} has to be a format such as tsv(), but is ${describeValue(format)}; known are ${calls(outputFormatNames)}`
        }
        const problem = namedOutputProblem(format)
        if (problem !== undefined) return `${at}: ${problem}`
      }
      return undefined
    }
    case 'limits':
      return isObject(value) ? limitsProblem(value) : wrong('an object such as { attempts: 2, timeoutSeconds: 300 }')
    case 'params': {
      if (!isObject(value)) return wrong('an object of { type, describe, … } by name')
      for (const [param, spec] of Object.entries(value)) {
        const problem = paramProblem(param, spec)
        if (problem !== undefined) return problem
      }
      return undefined
    }
  }
}

function unknownField(name: string): string {
  const meant = aliases[name.toLowerCase()] ?? nearestName(name, Object.keys(fieldKinds))
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  return `it has a field \`${name}\` that quern does not know.${hint}\nKnown are: ${Object.keys(fieldKinds).join(', ')}.`
}

const aggregateOf = (value: unknown): string | undefined => (isAggregate(value) ? showAggregate(value) : undefined)

/** A combiner runs any number of times, and what it makes is what the reduce, and it itself, are given. */
function mismatch(combine: string | undefined, reduce: string | undefined): string | undefined {
  if (combine === undefined || combine === reduce) return undefined
  if (reduce !== undefined) {
    return `\`combine\` is ${combine} but \`reduce\` is ${reduce}: a combiner runs any number of times, so the result would depend on how often. Leave \`combine\` out: the engine combines by \`reduce\`.`
  }
  if (combine === 'mean') {
    return '`combine` is mean but `reduce` is not: a mean of means is none. Make `reduce` mean too, or leave `combine` out.'
  }
  if (combine !== 'count') return undefined
  return '`combine` is count but `reduce` is not: a combiner runs any number of times, and would count what it has counted. Make `reduce` count too, or emit ones and combine by sum.'
}

const flowFields = ['name', 'describe', 'params', 'limits', 'flow']

function objectProblem(job: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of Object.keys(job)) {
    if (fieldKinds[name] === undefined && ('map' in job || 'inputs' in job || 'join' in job || 'flow' in job))
      return unknownField(name)
  }
  if (job['flow'] !== undefined) {
    const other = Object.keys(fieldKinds).find((name) => !flowFields.includes(name) && job[name] !== undefined)
    if (other !== undefined) return `it is a flow, and has a \`${other}\` beside it. Leave one out.`
  } else if (job['join'] !== undefined) {
    const other = joinless.find((name) => job[name] !== undefined)
    if (other !== undefined) return `it is a join, and has a \`${other}\` beside it. Leave one out.`
  } else if (job['inputs'] !== undefined) {
    const other = ['map', 'input'].find((name) => job[name] !== undefined)
    if (other !== undefined)
      return `it has \`inputs\`, each with its own input and map, and a \`${other}\` beside them. Leave one out.`
  } else if (job['map'] === undefined) {
    const found = Object.keys(job)
    const near = found.find((name) => aliases[name.toLowerCase()] === 'map' || didYouMean(name, ['map']) !== '')
    const list = found.length === 0 ? 'an empty object' : `an object with ${found.join(', ')}`
    const hint = near === undefined ? '' : ` Is \`${near}\` meant to be \`map\`?`
    return `its default export has no \`map\` function; found ${list}.${hint}\n${EXAMPLE}`
  }
  for (const [name, kind] of Object.entries(fieldKinds)) {
    const value = job[name]
    if (value === undefined) continue
    const problem = fieldProblem(name, kind, value)
    if (problem !== undefined) return `${problem}.`
  }
  const problem = wordsProblem('`map`', job['map'], job['input'])
  if (problem !== undefined) return `${problem}.`
  if (job['combine'] !== undefined && job['reduce'] === undefined) {
    return 'it has a `combine` but no `reduce`, and a map-only job combines nothing. Add `reduce` or leave `combine` out.'
  }
  if (job['reducers'] !== undefined && job['reduce'] === undefined) {
    return 'it has `reducers` but no `reduce`. Add `reduce` or leave `reducers` out.'
  }
  return mismatch(aggregateOf(job['combine']), aggregateOf(job['reduce']))
}

/** A sentence that completes "The job X can't be run: …", or undefined when the module is a job. */
export function jobProblem(module: Readonly<Record<string, unknown>>): string | undefined {
  const found = module['default']
  if (isObject(found)) return objectProblem(found)
  if ('default' in module)
    return `its default export has to be an object with a \`map\` function, but is ${describeValue(found)}.\n${EXAMPLE}`
  const names = Object.keys(module)
  const exported = names.length === 0 ? 'it exports nothing' : `it exports only ${names.join(', ')}`
  const hint = names.includes('map') ? ` Put them in one object: export default { ${names.join(', ')} }.` : ''
  return `it has no default export; ${exported}.${hint}\n${EXAMPLE}`
}

/** A stage the compiler of flows has made: the formats between stages are no job's own. */
export function isCompiledStage(value: unknown): value is Job {
  return isObject(value) && (isObject(value['inputs']) || isObject(value['join']))
}

/** True when `jobProblem` finds nothing: the types below the surface (what `emit` is given) show only when it runs. */
export function isJob(value: unknown): value is Job {
  return isObject(value) && objectProblem(value) === undefined
}
