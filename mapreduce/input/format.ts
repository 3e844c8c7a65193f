import { MrError } from '../base/errors.ts'
import type { TaskContext } from '../job.ts'
import type { Text } from '../record/text.ts'

/** How input files are cut into records: plain data, but for `contains` of text(). `R` is the type of a record. */
export type InputFormat<R> = InputSpec & {
  /** Never set: carries the record's type. */
  readonly recordType?: R
}

export type InputSpec =
  | TextInput
  | KeyValueInput
  | CsvInput
  | JsonlInput
  | WholeFileInput
  | LinesInput
  | FixedInput
  | TableInput
  | RecordsInput
  | ByEndingInput

/** What a file is read in: a format that stands for one of several is that one. */
export type FileFormat = Exclude<InputSpec, ByEndingInput>

export type InputFormatName = InputSpec['input']
/** Those that a job may ask for. */
export const inputFormatNames: readonly InputFormatName[] = [
  'text',
  'keyValue',
  'csv',
  'jsonl',
  'wholeFile',
  'lines',
  'fixed',
  'table',
  'byEnding',
]

export interface TextInput {
  readonly input: 'text'
  /** A CR before the LF belongs to the line end. */
  readonly crlf?: boolean
  /**
   * Lines without these bytes are passed over: they count as records of the input, and `map` is not called for them. Asked
   * for every stretch of a file that is read, once `setup` is done. Undefined, or none: all lines.
   */
  readonly contains?: (ctx: TaskContext) => Uint8Array | string | undefined
}

export interface KeyValueInput {
  readonly input: 'keyValue'
  readonly crlf?: boolean
  /** What stands between key and value; TAB by default. */
  readonly separator?: string
}

export interface JsonlInput {
  readonly input: 'jsonl'
}

export interface WholeFileInput {
  readonly input: 'wholeFile'
}

export interface LinesInput {
  readonly input: 'lines'
  /** Lines of a map task. */
  readonly lines: number
  readonly crlf?: boolean
}

export interface FixedInput {
  readonly input: 'fixed'
  /** Bytes of a record. */
  readonly bytes: number
}

export interface TableInput {
  readonly input: 'table'
}

/** A format for each of several endings of file names, without the dot. `.gz` behind one is passed over. */
export interface ByEndingInput {
  readonly input: 'byEnding'
  readonly formats: Readonly<Record<string, InputSpec>>
}

/** What lies between the stages of a flow; no format of a job's own. */
export interface RecordsInput {
  readonly input: 'records'
  /** `encoded`: handed on as they are. `decoded`: `{ key, value }` for a function. */
  readonly as: 'encoded' | 'decoded'
}

/** The dialect of a CSV file. The names are those of the fast-csv package; every one may be left out. */
export interface CsvDialect {
  /**
   * true (the default): the first record of each file names the columns, and all files have the same. A list: these are
   * the names, and the first record is data. false: there are no names.
   */
  readonly headers?: boolean | readonly string[]
  /** With a list of headers: the first record of each file is passed over. */
  readonly renameHeaders?: boolean
  /** One ASCII character; a comma by default. */
  readonly delimiter?: string
  /** One ASCII character, `"` by default; null: there are no quotes, and every LF ends a record. */
  readonly quote?: string | null
  /** What stands before a quote inside quotes; the quote itself by default. Another one makes a file one split. */
  readonly escape?: string
  /** Records that begin with this character are passed over. Makes a file one split. */
  readonly comment?: string
  /** White space around fields, and around quotes, is no part of them. Makes a file one split. */
  readonly trim?: boolean
  /** Records of nothing but white space and delimiters are passed over. */
  readonly ignoreEmpty?: boolean
  /** Fields beyond the last column are passed over. Otherwise they are an error. */
  readonly discardUnmappedColumns?: boolean
  /** false: fields that a record lacks are empty. Otherwise (true, the default) they are an error. */
  readonly strictColumnHandling?: boolean
}

export interface CsvInput extends CsvDialect {
  readonly input: 'csv'
}

/** A record of `keyValue()`: views, good for the call. */
export interface KeyValueRecord {
  readonly key: Text
  /** Empty when the line has no separator. */
  readonly value: Text
}

/** Lines: LF ends one and is not part of it; a CR before it stays, unless `crlf`. The default. `contains`: only lines with these bytes. */
export const text = (options: Omit<TextInput, 'input'> = {}): InputFormat<Text> => ({ ...options, input: 'text' })
/** Lines cut at the first separator. */
export const keyValue = (options: { crlf?: boolean; separator?: string } = {}): InputFormat<KeyValueRecord> => ({
  ...options,
  input: 'keyValue',
})
/** Each file is one record, an empty one too; its path is `ctx.inputFile`. */
export const wholeFile = (): InputFormat<Text> => ({ input: 'wholeFile' })
/** Lines, `count` of them for each map task: for work where a line says what to do, and doing it takes long. */
export const lines = (count: number, options: { crlf?: boolean } = {}): InputFormat<Text> => ({
  ...options,
  input: 'lines',
  lines: count,
})
/** Records of exactly `bytes` bytes each, with nothing between them. */
export const fixed = (bytes: number): InputFormat<Text> => ({ input: 'fixed', bytes })

type RecordsOf<F> = F extends { readonly recordType?: infer R } ? Exclude<R, undefined> : never
/** Files of one input in several formats, told apart by the endings of their names: `byEnding({ csv: csv(), jsonl: jsonl() })`. */
export const byEnding = <const F extends Readonly<Record<string, InputFormat<unknown>>>>(
  formats: F,
): InputFormat<RecordsOf<F[keyof F]>> => ({ input: 'byEnding', formats })

/** The format of one file: an input's own, or the one its name calls for. MR_BAD_INPUT where it calls for none. */
export function formatOfFile(format: InputSpec, name: string): FileFormat {
  if (format.input !== 'byEnding') return format
  const ending = /\.([^./]+)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const found = Object.hasOwn(format.formats, ending) ? format.formats[ending] : undefined
  if (found !== undefined) return formatOfFile(found, name)
  const known = Object.keys(format.formats).map((known) => `.${known}`)
  throw new MrError(
    'MR_BAD_INPUT',
    `${name}: the end of its name says what format a file is in, and this one's says nothing known. Known are ${known.join(', ')}, each also with .gz behind it.`,
  )
}

/** Whether records of this format can be found from any byte of a file. */
export function isSplittable(format: FileFormat): boolean {
  switch (format.input) {
    case 'wholeFile':
    case 'table':
      return false
    case 'csv':
      return (
        format.quote === null ||
        (format.comment === undefined &&
          format.trim !== true &&
          (format.escape === undefined || format.escape === (format.quote ?? '"')))
      )
    default:
      return true
  }
}
