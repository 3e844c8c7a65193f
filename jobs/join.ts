import { byEnding, csv, defineJoin, jsonl, MrError, raw } from '../mapreduce/index.ts'
import { JoinInput, listed, type Row } from './join-side.ts'

/**
 * Two inputs by named columns, as SQL's `select * from left join right using (…)`: CSV without a header, the key, the
 * other columns of left, those of right. Keys are compared as text. An empty field without quotes, or JSON's null, is
 * null and equals nothing. A row's value is CSV already, so that joining it copies bytes.
 */
const input = byEnding({ csv: csv(), tsv: csv({ delimiter: '\t' }), jsonl: jsonl<Row>(), ndjson: jsonl<Row>() })
const left = new JoinInput()
const right = new JoinInput()
const text = (describe: string) => ({ type: 'string', describe }) as const

export default defineJoin({
  name: 'join',
  params: {
    on: text('the columns to join by, where both inputs have them: NAME or NAME,NAME'),
    leftKey: text('those of left, where they have other names there'),
    rightKey: text('those of right'),
    leftColumns: text('what of left to write beside the key (default: all columns of its header)'),
    rightColumns: text('what of right'),
    type: { ...text('inner, left, right, full, semi or anti'), default: 'inner' },
    strategy: { ...text('auto, broadcast, partitioned or sort-merge; the rows are the same'), default: 'auto' },
  },
  output: raw(),
  setup(ctx) {
    const { on, leftKey, rightKey, leftColumns, rightColumns, type } = ctx.params
    const chosen = (columns: unknown) => (columns === undefined ? undefined : listed(columns))
    const leftAlone = type === 'semi' || type === 'anti'
    left.setup('left', ctx, listed(leftKey ?? on), chosen(leftColumns))
    right.setup('right', ctx, listed(rightKey ?? on), leftAlone ? [] : chosen(rightColumns))
    if (left.keys === right.keys) return
    throw new MrError('MR_BAD_PARAM', `The key has ${left.keys} columns on the left, ${right.keys} on the right.`)
  },
  type: ({ type }) => type,
  strategy: ({ strategy }) => strategy,
  left: { input, key: (row: Row) => left.key(row), value: (row: Row) => left.csv(row, 0) },
  right: { input, key: (row: Row) => right.key(row), value: (row: Row) => right.csv(row, right.keys) },
  join(key, leftRow, rightRow, emit) {
    emit(leftRow ?? left.csv(Array.isArray(key) ? key : [key], 0), rightRow ?? right.csv([], right.keys))
  },
})
