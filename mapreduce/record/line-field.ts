import { MrError } from '../base/errors.ts'
import { Text } from './text.ts'

/** Hands out the same Text each time, moved; undefined where a line has fewer fields. */
export type CutField = (line: Text) => Text | undefined

/**
 * How the parameter `name` of a job (`-p key=3`) cuts a field out of a line: the first is 1. Fields stand between runs of
 * blanks (spaces and tabs), or between the separators that `params.separator` gives, where `\t` is a tab. Undefined when
 * the parameter is not given. Throws MR_BAD_PARAM for what is no field or separator.
 */
export function fieldParam(params: Readonly<Record<string, unknown>>, name: string): CutField | undefined {
  const separator = params['separator']
  if (separator === '') throw new MrError('MR_BAD_PARAM', '-p separator= is empty; leave it out for blanks')
  const field = params[name]
  if (field === undefined) return undefined
  if (typeof field !== 'number' || !Number.isInteger(field) || field < 1) {
    throw new MrError('MR_BAD_PARAM', `-p ${name}=${String(field)}: it is the number of a field, and the first is 1`)
  }
  if (separator === undefined) return betweenBlanks(field)
  return betweenSeparators(field, Buffer.from(separator === '\\t' ? '\t' : String(separator)))
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9

function betweenBlanks(field: number): CutField {
  const cut = new Text(Buffer.alloc(0), 0, 0)
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
  const cut = new Text(Buffer.alloc(0), 0, 0)
  const only = separator.length === 1 ? separator[0] : undefined
  const next = (line: Text, from: number): number => {
    const { buffer, start, end } = line
    if (only === undefined) {
      const at = line.indexOf(separator, from - start)
      return at < 0 ? -1 : at + start
    }
    for (let at = from; at < end; at++) if (buffer[at] === only) return at
    return -1
  }
  return (line) => {
    let from = line.start
    for (let n = 1; n < field; n++) {
      const at = next(line, from)
      if (at < 0) return undefined
      from = at + separator.length
    }
    const at = next(line, from)
    cut.buffer = line.buffer
    cut.start = from
    cut.end = at < 0 ? line.end : at
    return cut
  }
}
