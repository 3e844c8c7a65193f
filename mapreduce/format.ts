import type { CsvDialect, CsvInput, JsonlInput, TableInput } from './input/format.ts'
import type { Key, Seen, Value } from './job.ts'
import type { CsvOutput } from './output/format.ts'
import type { CsvRow } from './record/csv-row.ts'

/** The formats that serve as input and as output: one function each, whose result may stand in either place. */

export interface CsvFormat extends CsvInput {
  readonly output: 'csv'
  readonly columns?: readonly string[]
  readonly recordType?: CsvRow
}

/** `columns` is for output: a first record of names, in each part. */
export type CsvOptions = CsvDialect & Pick<CsvOutput, 'columns'>

/**
 * Records of fields, quoted as RFC 4180 has it, or in another dialect. Input: `map` gets a `CsvRow`. Output: the fields of
 * the key, then those of the value; with `columns` the fields of an object are written by name.
 */
export const csv = (options: CsvOptions = {}): CsvFormat => ({ ...options, input: 'csv', output: 'csv' })

export interface JsonlFormat<T> extends JsonlInput {
  readonly output: 'jsonl'
  readonly recordType?: T
}

export interface TableFormat<K, V> extends TableInput {
  readonly output: 'table'
  readonly recordType?: TableRecord<K, V>
}

/** A record of a table: texts are views, good for the call. */
export interface TableRecord<K = Key, V = Value> {
  readonly key: Seen<K>
  /** Undefined when the key was emitted without one. */
  readonly value: Seen<V>
}

/**
 * Sorted and indexed files, for `quern get` and for jobs that read them again. Output: `reduce` emits its keys in order.
 * Input: `map` gets key and value as they were emitted, which `K` and `V` describe and nothing checks.
 */
export const table = <K = Key, V = Value>(): TableFormat<K, V> => ({ input: 'table', output: 'table' })

/**
 * A JSON value a line. Input: `map` gets the value, which `T` describes and nothing checks; blank lines are passed over.
 * Output: `{"key":…,"value":…}`; texts that are not UTF-8 get replacement characters.
 */
export const jsonl = <T = unknown>(): JsonlFormat<T> => ({ input: 'jsonl', output: 'jsonl' })
