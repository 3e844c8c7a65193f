import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  count,
  csv,
  defineFlow,
  desc,
  type Job,
  jsonl,
  min,
  type Rows,
  sum,
  type Text,
  tsv,
} from '../../../mapreduce/index.ts'

describe('the types of a flow', () => {
  it('follow the rows from one end to the other', () => {
    const job = defineFlow({ name: 'typed' }, (flow) => {
      const lines = flow.read('lines')
      expectTypeOf(lines).toEqualTypeOf<Rows<Text>>()
      const words = lines.flatMap((line) => line.words()).map((word) => word.toString())
      expectTypeOf(words).toEqualTypeOf<Rows<string>>()
      // What was shuffled comes back as it is seen: a string as a Text.
      const counts = words.groupBy((word) => word).aggregate(count)
      expectTypeOf(counts).toEqualTypeOf<Rows<readonly [Text, number]>>()
      expectTypeOf(words.groupBy((word) => word.length).aggregate(sum, () => 1)).toEqualTypeOf<
        Rows<readonly [number, number | bigint]>
      >()
      expectTypeOf(words.groupBy((word) => word.length).aggregate(min, (word) => word)).toEqualTypeOf<
        Rows<readonly [number, Text]>
      >()
      expectTypeOf(
        words.groupBy((word) => word).map((word, rows) => [word.length, [...rows].length] as const),
      ).toEqualTypeOf<Rows<readonly [number, number]>>()
      expectTypeOf(words.distinct()).toEqualTypeOf<Rows<Text>>()
      expectTypeOf(words.union(flow.read('numbers').map((line) => line.toNumber()))).toEqualTypeOf<
        Rows<string | number>
      >()
      const people = flow.read('people', csv()).map((row) => ({ id: row.get('id').toString(), age: 3 }))
      const keys = { left: ([word]: readonly [Text, number]) => word, right: (one: { id: string }) => one.id }
      expectTypeOf(counts.join(people, { ...keys, type: 'left' })).toEqualTypeOf<
        Rows<readonly [readonly [Text, number], { id: string; age: number } | null]>
      >()
      expectTypeOf(counts.join(people, { ...keys, type: 'semi' })).toEqualTypeOf<Rows<readonly [Text, number]>>()
      expectTypeOf(
        counts.join(people, { ...keys, row: (_key, [word], one) => [word, one.age] as const }),
      ).toEqualTypeOf<Rows<readonly [Text, number]>>()
      return counts.sortBy(([word, n]) => [desc(n), word]).write(tsv(), ([word, n], emit) => emit(n, word))
    })
    expectTypeOf(job).toEqualTypeOf<Job<never>>()
  })

  it('refuse what can not be shuffled, and an aggregate that does not know of what', () => {
    defineFlow((flow) => {
      const rows = flow.read('rows', csv())
      // @ts-expect-error A CsvRow is a view on the file: its fields are what can be kept.
      rows.sortBy((row) => row.length)
      // @ts-expect-error An object is no key.
      rows.map((row) => ({ length: row.length })).distinct()
      // @ts-expect-error So is it for groups.
      rows.groupBy(() => ({ a: 1 }))
      // @ts-expect-error The sum of what?
      expect(() => rows.groupBy((row) => row.length).aggregate(sum)).toThrow('needs to know of what')
      return flow.read('other', jsonl<{ a: number }>()).map((row) => row.a)
    })
  })
})
