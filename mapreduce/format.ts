import type { CsvDialect, CsvInput, JsonlInput } from './input/format.ts'
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

/**
 * A JSON value a line. Input: `map` gets the value, which `T` describes and nothing checks; blank lines are passed over.
 * Output: `{"key":…,"value":…}`; texts that are not UTF-8 get replacement characters.
 */
export const jsonl = <T = unknown>(): JsonlFormat<T> => ({ input: 'jsonl', output: 'jsonl' })
