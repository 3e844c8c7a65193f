import type { CutField, Descending, Text } from '../mapreduce/index.ts'
import { defineJob, desc, fieldParam, MrError, sum } from '../mapreduce/index.ts'

/**
 * The n most frequent words, lines or values of a field, most frequent first, as `word TAB count`; or, with `by`, the n
 * lines with the greatest number in a field. Ties go by bytes. All of it is one part: the one reduce sees every key with
 * its count and keeps the n best.
 */
let n = 0
let lines = false
let field: CutField | undefined
let by: CutField | undefined
/** By count, then by bytes. Only a reduce fills it. */
let best: { readonly key: Text; readonly count: number }[] = []
/** With `by`: the greatest numbers this task has seen. A line below n of them is not worth emitting. */
let greatest: number[] = []

/** Inserts an item after those that go before it into a list of the n first. */
function insert<T>(items: T[], item: T, goesBefore: (other: T) => boolean): void {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (goesBefore(items[middle] ?? item)) low = middle + 1
    else high = middle
  }
  items.splice(low, 0, item)
  if (items.length > n) items.pop()
}

export default defineJob<Text, Text | readonly [Descending<number>, Text], number>({
  name: 'top',
  params: {
    n: { type: 'number', default: 10, describe: 'how many' },
    lines: { type: 'boolean', default: false, describe: 'the most frequent lines instead of words' },
    key: { type: 'number', describe: 'the most frequent values of this field, the first is 1' },
    by: { type: 'number', describe: 'the lines with the greatest number in this field' },
    separator: { type: 'string', describe: 'what stands between fields; \\t is a tab (default: blanks)' },
  },
  reducers: 1,
  setup({ params }) {
    n = Number(params['n'])
    if (!Number.isInteger(n) || n < 1) throw new MrError('MR_BAD_PARAM', `-p n=${n}: it is a whole number from 1`)
    lines = params['lines'] === true
    field = fieldParam(params, 'key')
    by = fieldParam(params, 'by')
    if (Number(lines) + Number(field !== undefined) + Number(by !== undefined) > 1) {
      throw new MrError('MR_BAD_PARAM', 'Of -p lines, -p key and -p by there can be one: they say what is counted')
    }
    best = []
    greatest = []
  },
  map(line, emit, ctx) {
    if (by !== undefined) {
      const number = by(line)?.toNumber() ?? Number.NaN
      if (Number.isNaN(number)) return ctx.count('lines without a number')
      if (number < (greatest[n - 1] ?? number)) return
      insert(greatest, number, (other) => other >= number)
      emit([desc(number), line], 1)
    } else if (lines) emit(line, 1)
    else if (field === undefined) for (const word of line.words()) emit(word, 1)
    else {
      const value = field(line)
      if (value !== undefined) emit(value, 1)
    }
  },
  combine: sum,
  reduce(key, counts, emit) {
    let count = 0
    for (const some of counts) count += some
    // Lines come in the order wanted already, the same one as often as it occurs.
    if (!('copy' in key)) for (; count > 0 && n > 0; count--, n--) emit(key[1])
    else if (count > (best[n - 1]?.count ?? 0)) {
      insert(best, { key: key.copy(), count }, (other) => other.count >= count)
    }
  },
  cleanup(emit) {
    for (const { key, count } of best) emit(key, count)
  },
})
