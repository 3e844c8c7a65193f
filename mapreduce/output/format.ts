/** How output records are written. */
export interface OutputFormat {
  readonly output: OutputFormatName
}

export type OutputFormatName = 'tsv' | 'jsonl' | 'raw'
export const outputFormatNames: readonly OutputFormatName[] = ['tsv', 'jsonl', 'raw']

/**
 * key TAB value LF. Texts, strings and bytes as they are, everything else as JSON; no value (or null): the key alone.
 * Nothing is escaped: use `jsonl` where keys or values can hold TAB or LF.
 */
export const tsv = (): OutputFormat => ({ output: 'tsv' })
/** One `{"key":…,"value":…}` a line. Texts that are not UTF-8 get replacement characters. */
export const jsonl = (): OutputFormat => ({ output: 'jsonl' })
/** The bytes of the key, then those of the value; nothing is added. */
export const raw = (): OutputFormat => ({ output: 'raw' })

export function isOutputFormatName(name: string): name is OutputFormatName {
  return outputFormatNames.some((known) => known === name)
}
