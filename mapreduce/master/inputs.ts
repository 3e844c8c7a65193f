import type { Dfs } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import type { Expansion } from './input-expansion.ts'
import { expandDfs } from './inputs-dfs.ts'
import { expandLocal } from './inputs-local.ts'
import type { DataPath, InputPath } from './job-options.ts'
import type { InputFile } from './task.ts'

/** The files behind a job's `-i` arguments, in the order their records have. */
export interface ExpandedInputs {
  readonly files: readonly InputFile[]
  /** Directories that were named or matched, absolute: output must not lie in one. */
  readonly directories: readonly DataPath[]
  /** OS or DFS paths of the files, in the order of `files`. */
  readonly paths: readonly DataPath[]
}

/**
 * Files, directories and globs become files. Order: the arguments as given; the files of one argument in byte order of
 * their paths, each once. In a directory, and as a match of a glob, names that start with `_` or `.` are passed over, as
 * Hadoop does: so the output of one job, `_SUCCESS` and all, is input of the next. MR_NO_INPUT names what is not there.
 */
export async function expandInputs(
  inputs: readonly InputPath[],
  openDfs: () => Promise<Dfs>,
  signal?: AbortSignal,
): Promise<ExpandedInputs> {
  if (inputs.length === 0) throw new MrError('MR_NO_INPUT', 'A job needs input: -i with a file, a directory or a glob.')
  const files: InputFile[] = []
  const paths: DataPath[] = []
  const directories: DataPath[] = []
  for (const input of inputs) {
    const { name } = input
    signal?.throwIfAborted()
    const expansion = await expand(input, openDfs)
    const kind = input.kind === 'fetched' ? 'webhdfs' : input.kind
    for (const { path: filePath, file } of inByteOrder(expansion.found)) {
      files.push(name === undefined ? file : { ...file, input: name })
      paths.push({ kind, path: filePath })
    }
    directories.push(...expansion.directories.map((directory) => ({ kind, path: directory })))
  }
  return { files, directories, paths }
}

async function expand(input: InputPath, openDfs: () => Promise<Dfs>): Promise<Expansion> {
  switch (input.kind) {
    case 'local':
      return await expandLocal(input.path)
    case 'dfs':
      return await expandDfs(await openDfs(), input.path)
    case 'fetched':
      return input.expansion
    case 'webhdfs':
      throw new TypeError(`${input.path} has not been fetched`)
  }
}

function inByteOrder(found: Expansion['found']): Expansion['found'] {
  const once = new Map(found.map((entry) => [entry.path, entry]))
  if (once.size < 2) return [...once.values()]
  // UTF-16 order differs from byte order above U+D7FF, so names are compared as the bytes they are.
  const keyed = [...once.values()].map((entry) => ({ entry, bytes: Buffer.from(entry.path) }))
  return keyed.sort((left, right) => left.bytes.compare(right.bytes)).map(({ entry }) => entry)
}
