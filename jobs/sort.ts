import {
  type CutField,
  defineJob,
  desc,
  type Emit,
  fieldParam,
  range,
  sorted,
  type TaskContext,
  type Text,
} from '../mapreduce/index.ts'

/**
 * Whole lines in one order over all parts: part after part the output is sorted. By all bytes of the line, or by one of
 * its fields; lines that are equal there keep their input order. What `LC_ALL=C sort -s` gives, with `-k`, `-n`, `-r`.
 */
let field: CutField | undefined
let numeric = false
let descending = false

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
    field = fieldParam(params, 'key')
    numeric = params['numeric'] === true
    descending = params['reverse'] === true
  },
  map(line, emit: Emit) {
    if (field === undefined && !numeric) {
      if (descending) emit(desc(line), line)
      else emit(line)
      return
    }
    // A line without the field sorts as one whose field is empty.
    const at = field === undefined ? line : (field(line) ?? line.slice(line.length))
    const by = numeric ? leadingNumber(at) : at
    emit(descending ? desc(by) : by, line)
  },
  reduce: sorted,
  partition: range(),
})
