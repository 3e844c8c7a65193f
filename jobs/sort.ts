import { defineJob, desc, type Emit, MrError, range, sorted, type TaskContext, type Text } from '../mapreduce/index.ts'

/**
 * Whole lines in one order over all parts: part after part the output is sorted. By all bytes of the line, or by one of
 * its fields; lines that are equal there keep their input order. What `LC_ALL=C sort -s` gives, with `-k`, `-n`, `-r`.
 */
let separator: Buffer | undefined
let field = 0
let numeric = false
let descending = false

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9

/** Field `wanted` from 1; between blanks, as `sort` has it, or between separators. Missing ones are empty. */
function fieldOf(line: Text, wanted: number): Text {
  if (separator !== undefined) return line.field(wanted - 1, separator) ?? line.slice(line.length)
  const { buffer, start, end } = line
  let from = start
  for (let n = 1; ; n++) {
    while (from < end && isBlank(buffer[from])) from++
    let to = from
    while (to < end && !isBlank(buffer[to])) to++
    if (n === wanted || from >= end) return line.slice(from - start, to - start)
    from = to
  }
}

/** The number a text begins with, as `sort -n` reads it: blanks, a minus, digits, a point; 0 for anything else. */
function leadingNumber(text: Text): number {
  const match = /^[ \t]*(-?(?:\d+\.?\d*|\.\d+))/.exec(text.toString())
  return match === null ? 0 : Number(match[1])
}

export default defineJob({
  name: 'sort',
  params: {
    key: { type: 'number', describe: 'sort by this field of the line, the first is 1 (default: the whole line)' },
    separator: { type: 'string', describe: 'what stands between fields; \\t is a tab (default: blanks)' },
    numeric: { type: 'boolean', default: false, describe: 'by the number the field or line begins with' },
    reverse: { type: 'boolean', default: false, describe: 'the greatest first' },
  },
  setup({ params }: TaskContext) {
    const { key, numeric: byNumber, reverse } = params
    field = typeof key === 'number' ? key : 0
    if (key !== undefined && (!Number.isInteger(field) || field < 1)) {
      throw new MrError('MR_BAD_PARAM', `-p key=${key}: it is the number of a field, and the first is 1`)
    }
    const typed = params['separator']
    if (typed === '') throw new MrError('MR_BAD_PARAM', '-p separator= is empty; leave it out for blanks')
    separator = typed === undefined ? undefined : Buffer.from(typed === '\\t' ? '\t' : String(typed))
    numeric = byNumber === true
    descending = reverse === true
  },
  map(line, emit: Emit) {
    if (field === 0 && !numeric) {
      if (descending) emit(desc(line), line)
      else emit(line)
      return
    }
    const at = field === 0 ? line : fieldOf(line, field)
    const by = numeric ? leadingNumber(at) : at
    emit(descending ? desc(by) : by, line)
  },
  reduce: sorted,
  partition: range(),
})
