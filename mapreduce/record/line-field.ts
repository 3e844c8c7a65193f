import { MrError } from '../base/errors.ts'
import { Text } from './text.ts'

/** Hands out the same Text each time, moved; undefined where a line has fewer fields. */
export type CutField = (line: Text) => Text | undefined

/** Several fields of a line, all cut out in one go. */
export interface CutFields {
  /** In the order they were asked for; moved by `cut`, and good while the line is. */
  readonly fields: readonly Text[]
  /** False where the line has too few fields; where the fields lie is then anybody's guess. */
  cut(line: Text): boolean
}

type Params = Readonly<Record<string, unknown>>

/**
 * How the parameter `name` of a job (`-p key=3`) cuts a field out of a line: the first is 1. Fields stand between runs of
 * blanks (spaces and tabs), or between the separators that `params.separator` gives, where `\t` is a tab. Undefined when
 * the parameter is not given. Throws MR_BAD_PARAM for what is no field or separator.
 */
export function fieldParam(params: Params, name: string): CutField | undefined {
  const separator = separatorParam(params)
  const field = fieldNumber(params, name)
  if (field === undefined) return undefined
  return separator === undefined ? betweenBlanks(field) : betweenSeparators(field, separator)
}

/**
 * The same for several parameters, none of which may be missing: each byte of a line is looked at once, and none behind
 * the last of the fields.
 */
export function fieldsParam(params: Params, names: readonly string[]): CutFields {
  const separator = separatorParam(params)
  const numbers = names.map((name) => {
    const field = fieldNumber(params, name)
    if (field === undefined) throw new MrError('MR_BAD_PARAM', `-p ${name} is missing: the number of a field`)
    return field
  })
  const only = separator?.length === 1 ? separator[0] : undefined
  return only === undefined ? oneByOne(params, names) : new FieldsBetween(numbers, only)
}

function separatorParam(params: Params): Buffer | undefined {
  const separator = params['separator']
  if (separator === '') throw new MrError('MR_BAD_PARAM', '-p separator= is empty; leave it out for blanks')
  return separator === undefined ? undefined : Buffer.from(separator === '\\t' ? '\t' : String(separator))
}

function fieldNumber(params: Params, name: string): number | undefined {
  const field = params[name]
  if (field === undefined) return undefined
  if (typeof field !== 'number' || !Number.isInteger(field) || field < 1) {
    throw new MrError('MR_BAD_PARAM', `-p ${name}=${String(field)}: it is the number of a field, and the first is 1`)
  }
  return field
}

const nowhere = (): Text => new Text(Buffer.alloc(0), 0, 0)

/** Fields between runs of blanks, or between separators of several bytes. */
function oneByOne(params: Params, names: readonly string[]): CutFields {
  const fields = names.map(nowhere)
  const cutters = names.map((name) => fieldParam(params, name))
  return {
    fields,
    cut: (line) =>
      fields.every((field, i) => {
        const found = cutters[i]?.(line)
        if (found === undefined) return false
        field.buffer = found.buffer
        field.start = found.start
        field.end = found.end
        return true
      }),
  }
}

/** Fields between separators of one byte. */
class FieldsBetween implements CutFields {
  readonly fields: readonly Text[]
  private readonly separator: number
  /** In the order of the line: the numbers of the fields, and what is moved to each. */
  private readonly numbers: readonly number[]
  private readonly moved: readonly Text[]

  constructor(numbers: readonly number[], separator: number) {
    this.separator = separator
    this.fields = numbers.map(nowhere)
    const order = numbers.map((number, i) => ({ number, field: this.fields[i] ?? nowhere() }))
    order.sort((a, b) => a.number - b.number)
    this.numbers = order.map(({ number }) => number)
    this.moved = order.map(({ field }) => field)
  }

  cut(line: Text): boolean {
    const { start, end } = line
    const found = line.window?.separators(this.separator)
    const first = found === undefined ? -1 : found.seek(start, end)
    return found === undefined || first < 0
      ? this.cutBytes(line)
      : this.cutAt(line.buffer, start, end, found.places, first, found.count)
  }

  /** `places[first, count)` are those of the separators from `start` on. */
  private cutAt(buffer: Buffer, start: number, end: number, places: Int32Array, first: number, count: number): boolean {
    const { numbers, moved } = this
    for (let i = 0; i < moved.length; i++) {
      const field = moved[i]
      const after = first + (numbers[i] ?? 0) - 1
      // The separator before the field has to be one of this line.
      const from = after === first ? start : after <= count ? (places[after - 1] ?? end) + 1 : end + 1
      if (field === undefined || from > end) return false
      // Nearly always there already, and a look is cheaper than a store of an object.
      if (field.buffer !== buffer) field.buffer = buffer
      field.start = from
      field.end = after < count ? Math.min(end, places[after] ?? end) : end
    }
    return true
  }

  private cutBytes({ buffer, start, end }: Text): boolean {
    const { separator, numbers, moved } = this
    let from = start
    let to = endOfField(buffer, from, end, separator)
    let number = 1
    for (let i = 0; i < numbers.length; i++) {
      for (const wanted = numbers[i] ?? 0; number < wanted; number++) {
        if (to === end) return false
        from = to + 1
        to = endOfField(buffer, from, end, separator)
      }
      const field = moved[i]
      if (field === undefined) return false
      field.buffer = buffer
      field.start = from
      field.end = to
    }
    return true
  }
}

function endOfField(buffer: Buffer, from: number, end: number, separator: number): number {
  let at = from
  while (at < end && buffer[at] !== separator) at++
  return at
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9

function betweenBlanks(field: number): CutField {
  const cut = nowhere()
  return ({ buffer, start, end }) => {
    let at = start
    for (let n = 1; ; n++) {
      while (at < end && isBlank(buffer[at])) at++
      if (at >= end) return undefined
      const from = at
      while (at < end && !isBlank(buffer[at])) at++
      if (n < field) continue
      cut.buffer = buffer
      cut.start = from
      cut.end = at
      return cut
    }
  }
}

function betweenSeparators(field: number, separator: Buffer): CutField {
  const only = separator.length === 1 ? separator[0] : undefined
  if (only !== undefined) {
    const cutter = new FieldsBetween([field], only)
    const [found] = cutter.fields
    return (line) => (cutter.cut(line) ? found : undefined)
  }
  const cut = nowhere()
  return (line) => {
    const { buffer, start, end } = line
    let from = start
    let at = line.indexOf(separator)
    for (let n = 1; n < field; n++) {
      if (at < 0) return undefined
      from = start + at + separator.length
      at = line.indexOf(separator, from - start)
    }
    cut.buffer = buffer
    cut.start = from
    cut.end = at < 0 ? end : start + at
    return cut
  }
}
