import { RECORD_BYTES_MAX } from './record-reader.ts'

type Given = Readonly<Record<string, unknown>>

const csvFlags = ['renameHeaders', 'trim', 'ignoreEmpty', 'discardUnmappedColumns', 'strictColumnHandling']

/** The options each format has. Anything else is a slip, which would otherwise be passed over without a word. */
const options: Readonly<Record<string, readonly string[]>> = {
  text: ['crlf', 'contains'],
  keyValue: ['crlf', 'separator'],
  csv: ['headers', 'delimiter', 'quote', 'escape', 'comment', 'columns', ...csvFlags],
  jsonl: [],
  wholeFile: [],
  lines: ['lines', 'crlf'],
  fixed: ['bytes'],
  table: [],
  byEnding: ['formats'],
  tsv: [],
  raw: [],
}

/** What is wrong with the options of a format; undefined when nothing is. Completes the sentence "`input` …". */
export function formatProblem(role: 'input' | 'output', format: Given): string | undefined {
  const name = String(format[role])
  const known = options[name] ?? []
  const strange = Object.keys(format).find(
    (key) => key !== 'input' && key !== 'output' && format[key] !== undefined && !known.includes(key),
  )
  if (strange !== undefined) {
    const list = known.length === 0 ? 'It has none' : `It has ${known.join(', ')}`
    return `${name}() has no option \`${strange}\`. ${list}`
  }
  if (format['crlf'] !== undefined && typeof format['crlf'] !== 'boolean') return `${name}(): \`crlf\` is true or false`
  switch (name) {
    case 'text':
      return format['contains'] === undefined || typeof format['contains'] === 'function'
        ? undefined
        : 'text(): `contains` is a function that returns a string or bytes, such as (ctx) => ctx.params.word'
    case 'keyValue':
      return format['separator'] === undefined || isText(format['separator'])
        ? undefined
        : 'keyValue(): `separator` is a text of one byte or more'
    case 'lines':
      return isCount(format['lines'], Number.MAX_SAFE_INTEGER)
        ? undefined
        : 'lines(n): n is the number of lines for a map task, a whole number from 1'
    case 'fixed':
      return isCount(format['bytes'], RECORD_BYTES_MAX)
        ? undefined
        : `fixed(n): n is the number of bytes of a record, a whole number from 1 to ${RECORD_BYTES_MAX} (64 MiB)`
    case 'csv':
      return csvProblem(format)
    case 'byEnding':
      return endingsProblem(format['formats'])
    default:
      return undefined
  }
}

function endingsProblem(formats: unknown): string | undefined {
  const entries = typeof formats === 'object' && formats !== null ? Object.entries(formats) : []
  if (entries.length === 0)
    return 'byEnding(): there is no ending. It looks like byEnding({ csv: csv(), jsonl: jsonl() })'
  for (const [ending, format] of entries) {
    if (!/^[^./A-Z]+$/.test(ending) || ending === 'gz') {
      return `byEnding(): ${JSON.stringify(ending)} is no ending: it is what follows the last dot, in lower case, and not gz`
    }
    if (!isFormat(format) || format['input'] === 'byEnding' || options[String(format['input'])] === undefined) {
      return `byEnding(): the format of .${ending} is not one such as csv()`
    }
    const problem = formatProblem('input', format)
    if (problem !== undefined) return problem
  }
  return undefined
}

const isFormat = (value: unknown): value is Given => typeof value === 'object' && value !== null && 'input' in value

function csvProblem(format: Given): string | undefined {
  const { headers, columns, quote } = format
  for (const flag of csvFlags) {
    if (format[flag] !== undefined && typeof format[flag] !== 'boolean') return `csv(): \`${flag}\` is true or false`
  }
  if (headers !== undefined && typeof headers !== 'boolean') {
    const problem = namesProblem('headers', headers)
    if (problem !== undefined) return problem
  } else if (format['renameHeaders'] === true) {
    return 'csv(): `renameHeaders` puts a list of `headers` in place of the first record, and there is no list'
  }
  if (columns !== undefined) {
    const problem = namesProblem('columns', columns)
    if (problem !== undefined) return problem
  }
  for (const option of ['delimiter', 'quote', 'escape', 'comment']) {
    const value = format[option]
    if (value === undefined || (option === 'quote' && value === null)) continue
    if (typeof value !== 'string' || !/^[\t -~]$/.test(value)) {
      return `csv(): \`${option}\` is one ASCII character, and no line end; it is ${JSON.stringify(value)}`
    }
  }
  const { delimiter = ',', comment } = format
  const quoting = quote === undefined ? '"' : quote
  if (delimiter === quoting || delimiter === format['escape'] || comment === quoting || comment === delimiter) {
    return 'csv(): `delimiter`, `quote` and `comment` are three different characters'
  }
  return undefined
}

function namesProblem(option: string, names: unknown): string | undefined {
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    return `csv(): \`${option}\` is a list of names, of one or more`
  }
  const twice = names.find((name, i) => names.indexOf(name) < i)
  return twice === undefined ? undefined : `csv(): \`${option}\` names ${JSON.stringify(twice)} twice`
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isCount = (value: unknown, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
