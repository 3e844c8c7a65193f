/** How output records are written: plain data, which travels to the workers. */
export type OutputFormat =
  | { readonly output: 'tsv' }
  | { readonly output: 'jsonl' }
  | { readonly output: 'raw' }
  | CsvOutput
  | { readonly output: 'table' }
  /** What lies between the stages of a flow; no format of a job's own. */
  | { readonly output: 'records' }

export interface CsvOutput {
  readonly output: 'csv'
  /** The names of the fields, which are written as the first record of each part. */
  readonly columns?: readonly string[]
  /** A comma by default. */
  readonly delimiter?: string
  /** `"` by default. */
  readonly quote?: string | null
  /** What stands before a quote inside quotes; the quote itself by default. */
  readonly escape?: string
  /** A first field that begins with it is quoted. */
  readonly comment?: string
}

export type OutputFormatName = OutputFormat['output']
/** Those that a job may ask for. */
export const outputFormatNames: readonly OutputFormatName[] = ['tsv', 'jsonl', 'csv', 'raw', 'table']

/**
 * key TAB value LF. Texts, strings and bytes as they are, everything else as JSON; no value (or null): the key alone.
 * Nothing is escaped: use `jsonl` where keys or values can hold TAB or LF.
 */
export const tsv = (): OutputFormat => ({ output: 'tsv' })
/** The bytes of the key, then those of the value; nothing is added. */
export const raw = (): OutputFormat => ({ output: 'raw' })

export function isOutputFormatName(name: string): name is OutputFormatName {
  return outputFormatNames.some((known) => known === name)
}

/** The format a job's output has: the one asked for by name, with the job's own options where it is the same. */
export function chooseOutput(asked: string | undefined, own: OutputFormat | undefined): OutputFormat {
  if (asked === undefined || !isOutputFormatName(asked)) return own ?? tsv()
  return own?.output === asked ? own : { output: asked }
}
