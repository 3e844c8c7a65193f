import type { Text } from '../record/text.ts'

/** How input files are cut into records. `R` is the type of a record. */
export interface InputFormat<R> {
  readonly input: InputFormatName
  /** text and keyValue: a CR before the LF belongs to the line end. */
  readonly crlf?: boolean
  /** keyValue: what stands between key and value; TAB by default. */
  readonly separator?: string
  /** Never set: carries the record's type. */
  readonly recordType?: R
}

export type InputFormatName = 'text' | 'keyValue' | 'wholeFile'
export const inputFormatNames: readonly InputFormatName[] = ['text', 'keyValue', 'wholeFile']

/** A record of `keyValue()`: views, good for the call. */
export interface KeyValueRecord {
  readonly key: Text
  /** Empty when the line has no separator. */
  readonly value: Text
}

/** Lines: LF ends one and is not part of it; a CR before it stays, unless `crlf`. The default. */
export const text = (options: { crlf?: boolean } = {}): InputFormat<Text> => ({ input: 'text', ...options })
/** Lines cut at the first separator. */
export const keyValue = (options: { crlf?: boolean; separator?: string } = {}): InputFormat<KeyValueRecord> => ({
  input: 'keyValue',
  ...options,
})
/** Each file is one record; its path is `ctx.inputFile`. */
export const wholeFile = (): InputFormat<Text> => ({ input: 'wholeFile' })
