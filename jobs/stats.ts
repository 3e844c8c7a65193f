import type { CutFields } from '../mapreduce/index.ts'
import {
  defineJob,
  fieldsParam,
  MrError,
  mergeStats,
  parseDecimal,
  showDecimal,
  stats,
  Text,
} from '../mapreduce/index.ts'

/**
 * For each value of one field the least, the mean, the greatest and the count of the numbers in another:
 * `key TAB min TAB mean TAB max TAB count`. All of it is exact: numbers are whole tenths (with `decimals` hundredths, …),
 * and the mean is rounded once, a half upwards. Lines without a number are counted.
 */
let cutter: CutFields | undefined
let [key, value] = [Text.from(''), Text.from('')]
let decimals = 0

export default defineJob<Text, Text, number>({
  name: 'stats',
  params: {
    key: { type: 'number', default: 1, describe: 'the field to group by, the first is 1' },
    value: { type: 'number', default: 2, describe: 'the field with the number' },
    separator: { type: 'string', describe: 'what stands between fields; \\t is a tab (default: blanks)' },
    decimals: { type: 'number', default: 1, describe: 'digits after the point, as many as a number has at the most' },
  },
  setup({ params }) {
    cutter = fieldsParam(params, ['key', 'value'])
    ;[key = key, value = value] = cutter.fields
    decimals = Number(params['decimals'])
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > 9) {
      throw new MrError('MR_BAD_PARAM', `-p decimals=${decimals}: it is a whole number from 0 to 9`)
    }
  },
  map(line, emit, ctx) {
    const units = cutter?.cut(line) === true ? parseDecimal(value, decimals) : Number.NaN
    if (Number.isNaN(units)) ctx.count('lines without a number')
    else emit(key, units)
  },
  combine: stats,
  reduce(name, values, emit) {
    const { count, min, max, sum } = mergeStats(values)
    const [half, whole] = [2n * BigInt(sum) + BigInt(count), 2n * BigInt(count)]
    const mean = half / whole - (half < 0n && half % whole !== 0n ? 1n : 0n)
    emit(name, [...[min, mean, max].map((n) => showDecimal(n, decimals)), count].join('\t'))
  },
})
