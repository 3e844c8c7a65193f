import type { Decoded } from './decode.ts'
import { Text } from './text.ts'

/**
 * The written form of keys and values that are not plain text, in the lines between stage filters (stage-line.ts).
 *
 *   literal := number | bigint | "true" | "false" | "null" | quoted | tuple | json
 *   number  := as JSON has it, also -0, NaN, Infinity, -Infinity
 *   bigint  := "-"? digits "n"
 *   quoted  := '"' (any byte but TAB, LF, '"' and '\' | "\t" | "\n" | '\"' | "\\")* '"'      bytes, UTF-8 or not
 *   tuple   := "[" (literal ("," literal)*)? "]"       holds no "{" outside of quotes
 *   json    := a JSON object, or a JSON array with an object somewhere in it; strings with JSON's own escapes
 *
 * There is one way to write a value, so equal keys are equal lines. No literal holds a TAB or LF.
 */

const [TAB, LF, QUOTE, BACKSLASH] = [9, 10, 34, 92]
const [OPEN, CLOSE, COMMA, BRACE] = [91, 93, 44, 123]
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/
const BIGINT = /^-?(?:0|[1-9][0-9]*)n$/
/** The longest number JavaScript prints has 24 characters; longer fields of digits are text or bigints. */
const NUMBER_LENGTH_MAX = 32
const names: ReadonlyMap<string, number | boolean | null> = new Map<string, number | boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

export function quoteBytes(bytes: Uint8Array, start: number, end: number): Buffer {
  const quoted = Buffer.allocUnsafe((end - start) * 2 + 2)
  let length = 0
  quoted[length++] = QUOTE
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    const escaped = byte === TAB ? 0x74 : byte === LF ? 0x6e : byte === QUOTE || byte === BACKSLASH ? byte : 0
    if (escaped !== 0) quoted[length++] = BACKSLASH
    quoted[length++] = escaped === 0 ? byte : escaped
  }
  quoted[length++] = QUOTE
  return quoted.subarray(0, length)
}

const isTupleItem = (item: Decoded): boolean =>
  Array.isArray(item) ? item.every(isTupleItem) : typeof item !== 'object' || item === null || item instanceof Text

/** The literal of a value that is there; throws a TypeError for undefined, which has none. */
export function printLiteral(value: Decoded): Buffer {
  if (value instanceof Text) return quoteBytes(value.buffer, value.start, value.end)
  switch (typeof value) {
    case 'number':
      return Buffer.from(Object.is(value, -0) ? '-0' : String(value))
    case 'bigint':
      return Buffer.from(`${value}n`)
    case 'boolean':
      return Buffer.from(String(value))
    case 'object':
      if (value === null) return Buffer.from('null')
      if (!Array.isArray(value) || !isTupleItem(value)) return Buffer.from(JSON.stringify(value))
      return Buffer.concat([
        Buffer.from('['),
        ...value.flatMap((item, index) =>
          index === 0 ? [printLiteral(item)] : [Buffer.from(','), printLiteral(item)],
        ),
        Buffer.from(']'),
      ])
    default:
      throw new TypeError(`a value of type ${typeof value} has no literal`)
  }
}

/** Position after the quoted string that starts at `at`, or -1 when it does not end. */
function quotedEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    if (bytes[i] === BACKSLASH) i++
    else if (bytes[i] === QUOTE) return i + 1
  }
  return -1
}

function holdsObject(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] === BRACE) return true
    if (bytes[at] === QUOTE) {
      const next = quotedEnd(bytes, at, end)
      if (next < 0) return false
      at = next - 1
    }
  }
  return false
}

/** The bytes of the quoted string that is all of [start, end); undefined when it is none. */
export function unquote(bytes: Uint8Array, start: number, end: number): Text | undefined {
  if (end - start < 2 || bytes[start] !== QUOTE || quotedEnd(bytes, start, end) !== end) return undefined
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start + 1; at < end - 1; at++) {
    let byte = bytes[at] ?? 0
    if (byte === BACKSLASH) {
      const letter = bytes[++at]
      if (letter === 0x74) byte = TAB
      else if (letter === 0x6e) byte = LF
      else if (letter === QUOTE || letter === BACKSLASH) byte = letter
      else return undefined
    }
    plain[length++] = byte
  }
  return Text.from(plain.subarray(0, length))
}

interface Parsed {
  readonly value: Decoded
  readonly next: number
}

function parseTuple(bytes: Buffer, start: number, end: number): Parsed | undefined {
  const items: Decoded[] = []
  let at = start + 1
  if (bytes[at] === CLOSE && at < end) return { value: items, next: at + 1 }
  while (at < end) {
    const item = parseItem(bytes, at, end)
    if (item === undefined) return undefined
    items.push(item.value)
    at = item.next
    if (at >= end) return undefined
    if (bytes[at] === CLOSE) return { value: items, next: at + 1 }
    if (bytes[at] !== COMMA) return undefined
    at++
  }
  return undefined
}

function parseItem(bytes: Buffer, start: number, end: number): Parsed | undefined {
  if (bytes[start] === OPEN) return parseTuple(bytes, start, end)
  if (bytes[start] === QUOTE) {
    const next = quotedEnd(bytes, start, end)
    const value = next < 0 ? undefined : unquote(bytes, start, next)
    return value === undefined ? undefined : { value, next }
  }
  let next = start
  while (next < end && bytes[next] !== COMMA && bytes[next] !== CLOSE) next++
  const value = parseWord(bytes, start, next)
  return value === undefined ? undefined : { value, next }
}

function parseWord(bytes: Buffer, start: number, end: number): Decoded {
  const last = bytes[end - 1]
  if (end === start || (end - start > NUMBER_LENGTH_MAX && last !== 0x6e)) return undefined
  const word = bytes.toString('latin1', start, end)
  const named = names.get(word)
  if (named !== undefined) return named
  if (last === 0x6e) return BIGINT.test(word) ? BigInt(word.slice(0, -1)) : undefined
  return NUMBER.test(word) ? Number(word) : undefined
}

function parseJson(bytes: Buffer, start: number, end: number): Decoded {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8', start, end))
    return isJsonObject(parsed) ? parsed : undefined
  } catch {
    // Not ours: text that only looks like JSON is text.
    return undefined
  }
}

const isJsonObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null

/** First bytes a literal can have: digits, minus, quote, brackets, and the initials of the names. */
const mayStart = new Uint8Array(256)
for (const byte of Buffer.from('0123456789-"[{tfnNI')) mayStart[byte] = 1

/** The value that the whole of bytes[start, end) is the literal of, or undefined when it is none. */
export function parseLiteral(bytes: Buffer, start: number, end: number): Decoded {
  if (end <= start) return undefined
  const first = bytes[start] ?? 0
  if (mayStart[first] === 0) return undefined
  // Small whole numbers, nearly all there is between a word count's stages.
  if (first >= 0x31 && first <= 0x39 && end - start <= 15) {
    let value = 0
    let at = start
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at === end) return value
  }
  if (first === BRACE || (first === OPEN && holdsObject(bytes, start, end))) return parseJson(bytes, start, end)
  const parsed = parseItem(bytes, start, end)
  return parsed !== undefined && parsed.next === end ? parsed.value : undefined
}
