import { splitPath } from '../../base/path.ts'
import { illegalArgument } from './failure.ts'
import { firstOf, type Query } from './query.ts'

/** One parameter: what its text means. `parse` throws a BadValue whose message says what is wrong with it. */
export interface Parameter<T> {
  readonly name: string
  parse(text: string | undefined): T
}

class BadValue extends Error {}

/** The value of one parameter of a request; what is wrong with it is told in HDFS's words. */
export function take<T>(query: Query, parameter: Parameter<T>): T {
  try {
    return parameter.parse(firstOf(query, parameter.name))
  } catch (error) {
    // A failure with a name of its own, such as that of a bad path, keeps it.
    if (!(error instanceof BadValue)) throw error
    throw illegalArgument(`Invalid value for webhdfs parameter "${parameter.name}": ${error.message}`)
  }
}

/** What an operation can not do without, in HDFS's words. */
export function need<T>(query: Query, parameter: Parameter<T | undefined>, operation: string): T {
  const value = take(query, parameter)
  if (value !== undefined) return value
  throw illegalArgument(`Required param ${parameter.name} for op: ${operation} is null or empty`)
}

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}...` : text)

/** Numbers of HDFS have a width in bits; those too large to be exact here stand for the largest that is. */
interface Range {
  readonly bits: 16 | 32 | 64
  readonly radix?: 8
  readonly min?: number
  readonly max?: number
}

const widths = { 16: 'short', 32: 'int', 64: 'long' } as const

export function whole(name: string, { bits, radix, min, max }: Range): Parameter<number | undefined> {
  return {
    name,
    parse(text) {
      if (text === undefined || text === 'null') return undefined
      const digits = radix === 8 ? /^[+-]?[0-7]{1,40}$/ : /^[+-]?[0-9]{1,40}$/
      const value = digits.test(text) ? toBigInt(text, radix) : undefined
      const edge = 2n ** BigInt(bits - 1)
      if (value === undefined || value >= edge || value < -edge) {
        throw new BadValue(`Failed to parse "${shorten(text)}" as a radix-${radix ?? 10} ${widths[bits]} integer.`)
      }
      const shown = value.toString(radix)
      if (min !== undefined && value < min) {
        throw new BadValue(`Invalid parameter range: ${name} = ${shown} < ${min.toString(radix)}`)
      }
      if (max !== undefined && value > max) {
        throw new BadValue(`Invalid parameter range: ${name} = ${shown} > ${max.toString(radix)}`)
      }
      const largest = Number.MAX_SAFE_INTEGER
      return Math.max(-largest, Math.min(largest, Number(value)))
    },
  }
}

function toBigInt(text: string, radix: 8 | undefined): bigint {
  const unsigned = text.replace(/^[+-]/, '')
  const value = BigInt(radix === 8 ? `0o${unsigned}` : unsigned)
  return text.startsWith('-') ? -value : value
}

export function flag(name: string): Parameter<boolean | undefined> {
  return {
    name,
    parse(text) {
      if (text === undefined || text === 'null') return undefined
      const lower = text.toLowerCase()
      if (lower !== 'true' && lower !== 'false') throw new BadValue(`Failed to parse "${shorten(text)}" to Boolean.`)
      return lower === 'true'
    },
  }
}

/** Of a pattern, if one is given; empty is as good as not given. */
export function string(name: string, pattern?: RegExp): Parameter<string | undefined> {
  return {
    name,
    parse(text) {
      if (text === undefined || text === '') return undefined
      if (pattern !== undefined && !pattern.test(text)) {
        throw new BadValue(`Invalid value: "${shorten(text)}" does not belong to the domain ${pattern.source}`)
      }
      return text
    },
  }
}

/** Some of a list of names, between commas, in any case of letters. */
export function someOf<const N extends string>(name: string, values: readonly N[]): Parameter<ReadonlySet<N>> {
  return {
    name,
    parse(text) {
      const chosen = new Set<N>()
      for (const piece of text === undefined || text === '' ? [] : text.split(',')) {
        const found = values.find((value) => value === piece.trim().toUpperCase())
        if (found === undefined) throw new BadValue(`"${shorten(piece)}" is none of ${values.join(', ')}`)
        chosen.add(found)
      }
      return chosen
    },
  }
}

/** An absolute path; one that breaks the rules of paths fails as such. */
export const path = (name: string): Parameter<string | undefined> => ({
  name,
  parse: (text) => (text === undefined || text === '' ? undefined : absolute(name, text)),
})

/** Absolute paths between commas. */
export const paths = (name: string): Parameter<readonly string[] | undefined> => ({
  name,
  parse: (text) =>
    text === undefined || text === '' ? undefined : text.split(',').map((piece) => absolute(name, piece)),
})

function absolute(name: string, text: string): string {
  if (!text.startsWith('/')) {
    throw new BadValue(`Invalid parameter value: ${name} = "${shorten(text)}" is not an absolute path.`)
  }
  splitPath(text)
  return text
}

export const orElse = <T>(parameter: Parameter<T | undefined>, value: T): Parameter<T> => ({
  name: parameter.name,
  parse: (text) => parameter.parse(text) ?? value,
})
