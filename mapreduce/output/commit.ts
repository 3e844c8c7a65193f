/**
 * How job output becomes visible, and every name it has on the way there.
 *
 *   <parent>/<name>/                      the output: part files and `_SUCCESS`; appears whole or not at all
 *   <parent>/<name>/part-r-00000          output of reduce 0 (map-only jobs: part-m-00000, one a split)
 *   <parent>/<name>/errors-r-00000        what reduce 0 wrote to the job's output `errors`, if anything
 *   <parent>/<name>/_skipped              records set aside, if any (skipped-records.ts)
 *   <parent>/<name>/_SUCCESS              empty, as Hadoop has it
 *   <parent>/.<name>.quern-<tag>/         local output before the job's commit; <tag> names the owning process and job
 *   <parent>/.<name>.quern-<tag>/.attempts/part-r-00000.2     what attempt 2 writes
 *   <parent>/.<name>.quern-<tag>/.attempts/part-r-00000.2.errors
 *   <parent>/.<name>.quern-<tag>.old/     what an overwriting commit moved aside, until the new output is in place
 *
 * The tag stands in the name so that making the directory and saying whose it is are one step: nothing can be found
 * whose owner can't be asked about.
 */

/** Where a job's output goes, and the steps by which it gets there. The master alone calls it, one job an instance. */
export interface OutputCommitter {
  /** As the user wrote it, `dfs:` included. */
  readonly shownPath: string
  /**
   * Checks the place and readies it; nothing is visible yet. MR_OUTPUT_EXISTS when something is there that may not be
   * replaced, MR_USAGE when a directory can't be made there.
   */
  prepare(): Promise<void>
  /** OS path an attempt writes its part to. */
  attemptFile(part: string, attempt: number): string
  /**
   * Makes the attempt's file durable as the part, and what it wrote to `named` outputs as parts of those. False, and the
   * files dropped, when the part has been committed before.
   */
  commitTask(part: string, attempt: number, named?: readonly string[]): Promise<boolean>
  /** Puts local files, one after the other, into the output as `name`; durable once this resolves. */
  keep(name: string, files: readonly string[]): Promise<void>
  /** Drops what a failed attempt wrote; no attempt is committed by it. */
  discardTask(part: string, attempt: number): Promise<void>
  /** Makes all of `parts` and `_SUCCESS` visible in one step. */
  commitJob(parts: readonly string[]): Promise<void>
  /** Removes what is left of a temporary nature; without a `commitJob` before it, that is everything. Idempotent. */
  close(): Promise<void>
}

export const successName = '_SUCCESS'
export const attemptsName = '.attempts'

/** `part-r-00000` for reduces, `part-m-00000` for maps. */
export function partName(kind: 'map' | 'reduce', index: number): string {
  return `part-${kind === 'map' ? 'm' : 'r'}-${String(index).padStart(5, '0')}`
}

/** The part of a named output that belongs to a part: `errors-r-00000` to `part-r-00000`. */
export function namedPart(part: string, name: string): string {
  return name + part.slice('part'.length)
}

const namedOutput = /^[A-Za-z][A-Za-z0-9]*$/

/** Letters and digits, as Hadoop has it; `part` is taken. */
export function isNamedOutput(name: string): boolean {
  return namedOutput.test(name) && name !== 'part'
}

export function hiddenName(name: string, tag: string): string {
  return `.${name}.quern-${tag}`
}

export function asideName(hidden: string): string {
  return `${hidden}.old`
}

/** Takes a hidden name apart; undefined for any other name. */
export function parseHiddenName(entry: string): { name: string; tag: string } | undefined {
  const match = /^\.(.+)\.quern-([A-Za-z0-9_~-]+)(?:\.old)?$/.exec(entry)
  if (match === null) return undefined
  const [, name, tag] = match
  return name === undefined || tag === undefined ? undefined : { name, tag }
}

/** Whether a directory entry is one that job output has: what `--overwrite` may take away. */
export function isOutputName(entry: string): boolean {
  return (
    entry.startsWith('part-') ||
    entry.startsWith('_') ||
    entry.startsWith('.') ||
    /^[A-Za-z][A-Za-z0-9]*-[mr]-\d{5,}$/.test(entry)
  )
}
