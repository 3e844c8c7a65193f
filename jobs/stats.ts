import type { CutField, Text } from '../mapreduce/index.ts'
import { defineJob, fieldParam, MrError, parseDecimal, showDecimal } from '../mapreduce/index.ts'

/**
 * For each value of one field the least, the mean, the greatest and the count of the numbers in another:
 * `key TAB min TAB mean TAB max TAB count`. All of it is exact: numbers are whole tenths (with `decimals` hundredths, …),
 * and the mean is rounded once, a half upwards. Lines without a number are counted.
 */
let [keyField, valueField]: (CutField | undefined)[] = []
let decimals = 0

/** Keys are summed up within their task first: a handful of emits instead of one a line. */
const none = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const
type Totals = [least: number, greatest: number, total: number, count: number]
const [KEYS_MAX, EXACT_MAX] = [1 << 16, 2 ** 52]
const keys: { readonly key: Text; readonly totals: Totals }[] = []
const slots = new Int32Array(KEYS_MAX * 2) // by hash: 1 + the index of a key

function totalsOf(key: Text): Totals {
  const { buffer, start, end } = key
  let hash = 0
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (buffer[at] ?? 0), 0x01000193)
  for (let slot = hash ^ (hash >>> 15); ; slot++) {
    const held = slots[slot & (slots.length - 1)] ?? 0
    if (held === 0) {
      const totals: Totals = [...none, 0, 0]
      slots[slot & (slots.length - 1)] = keys.push({ key: key.copy(), totals })
      return totals
    }
    const found = keys[held - 1]
    if (found?.key.equals(key)) return found.totals
  }
}

function flush(emit: (key: Text, totals: Totals) => void): void {
  for (const { key, totals } of keys) emit(key, totals)
  keys.length = 0
  slots.fill(0)
}

export default defineJob<Text, Text, Totals>({
  name: 'stats',
  params: {
    key: { type: 'number', default: 1, describe: 'the field to group by, the first is 1' },
    value: { type: 'number', default: 2, describe: 'the field with the number' },
    separator: { type: 'string', describe: 'what stands between fields; \\t is a tab (default: blanks)' },
    decimals: { type: 'number', default: 1, describe: 'digits after the point, as many as a number has at the most' },
  },
  setup({ params }) {
    keyField = fieldParam(params, 'key')
    valueField = fieldParam(params, 'value')
    decimals = Number(params['decimals'])
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > 9) {
      throw new MrError('MR_BAD_PARAM', `-p decimals=${decimals}: it is a whole number from 0 to 9`)
    }
    flush(() => {})
  },
  map(line, emit, ctx) {
    const [key, value] = [keyField?.(line), parseDecimal(valueField?.(line) ?? line.slice(0, 0), decimals)]
    if (key === undefined || Number.isNaN(value)) return ctx.count('lines without a number')
    const totals = totalsOf(key)
    if (value < totals[0]) totals[0] = value
    if (value > totals[1]) totals[1] = value
    totals[2] += value
    totals[3]++
    if (keys.length === KEYS_MAX || Math.abs(totals[2]) > EXACT_MAX) flush(emit)
  },
  reduce(key, parts, emit) {
    let [least, greatest, total, count] = [...none, 0n, 0n]
    for (const [low, high, sum, times] of parts) {
      ;[least, greatest] = [Math.min(least, low), Math.max(greatest, high)]
      ;[total, count] = [total + BigInt(sum), count + BigInt(times)]
    }
    const [half, whole] = [2n * total + count, 2n * count]
    const mean = half / whole - (half < 0n && half % whole !== 0n ? 1n : 0n)
    emit(key, [...[least, mean, greatest].map((n) => showDecimal(n, decimals)), count].join('\t'))
  },
  cleanup: (emit) => flush(emit),
})
