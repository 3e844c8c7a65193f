import { type CutField, defineJob, distinct, fieldParam } from '../mapreduce/index.ts'

/**
 * The different lines, or the different values of a field, each once and sorted within a part: what `LC_ALL=C sort -u`
 * leaves, with `-r 1` in its order. Lines without the field are left out.
 */
let field: CutField | undefined

export default defineJob({
  name: 'distinct',
  params: {
    key: { type: 'number', describe: 'the values of this field of the line, the first is 1 (default: whole lines)' },
    separator: { type: 'string', describe: 'what stands between fields; \\t is a tab (default: blanks)' },
  },
  setup({ params }) {
    field = fieldParam(params, 'key')
  },
  map(line, emit) {
    const value = field === undefined ? line : field(line)
    if (value !== undefined) emit(value)
  },
  reduce: distinct,
})
