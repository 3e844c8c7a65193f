import fs from 'node:fs/promises'
import path from 'node:path'
import { diskError, errorCode, type OutputDisk } from '../output/disk.ts'
import { decodeFinished, encodeFinished, type FinishedMap, resumedResult } from './finished-map.ts'
import type { TaskDone } from './task.ts'

/**
 * Finished maps of jobs that were run with --resume and did not come to their end:
 *
 *   <base>/<tag>/resume                  while the job runs: its key, which makes its scratch worth keeping
 *   <base>/<tag>/map-12.1.finished       see finished-map.ts; beside map-12.1.run and map-12.1.skipped
 *   <base>/kept-<key>-<tag>/             what is left of it afterwards; one a key, the newest, for KEPT_DAYS
 *
 * A later run of the same job takes the directory over by renaming it into its own scratch: of two that try, one gets it.
 */
export const KEPT_DAYS = 7

const resumeName = 'resume'
const claimedName = 'claimed'
const keptDirectory = /^kept-[0-9a-f]{32}-/
const keptPrefix = (key: string): string => `kept-${key.slice(0, 32)}-`
const finishedFile = /^(map-(\d+)\.(\d+)\.)finished$/

/** Says that what this job finishes is to be kept if it fails, or its process dies. */
export async function beginKeeping(scratch: string, key: string, disk: OutputDisk): Promise<void> {
  await disk.writeDurable(path.join(scratch, resumeName), key)
}

/** Writes down that a map's run file is whole. */
export async function noteFinished(key: string, map: number, runFile: string, done: TaskDone): Promise<void> {
  const file = runFile.replace(/run$/, 'finished')
  try {
    const { size } = await fs.stat(runFile)
    await fs.writeFile(file, encodeFinished(map, key, size, done), { mode: 0o600 })
  } catch (error) {
    throw diskError(error, 'writing', file)
  }
}

/** What was kept. */
export interface Kept {
  readonly maps: number
  readonly bytes: number
  readonly directory: string
}

/** Keeps what is finished in a scratch directory and removes the rest of it; undefined when nothing is worth keeping. */
export async function keepFinished(scratch: string, base: string, disk: OutputDisk): Promise<Kept | undefined> {
  const key = await disk.readText(path.join(scratch, resumeName))
  if (key === undefined || !/^[0-9a-f]{64}$/.test(key)) return undefined
  const entries = await disk.list(scratch)
  const finished = entries.map((entry) => finishedFile.exec(entry)?.[1]).filter((prefix) => prefix !== undefined)
  if (finished.length === 0) return undefined
  const worth = new Set([resumeName, ...finished.flatMap((of) => [`${of}finished`, `${of}run`, `${of}skipped`])])
  let bytes = 0
  for (const entry of entries) {
    const file = path.join(scratch, entry)
    if (worth.has(entry)) bytes += (await fs.stat(file)).size
    else await disk.remove(file)
  }
  for (const entry of await disk.list(base)) {
    if (entry.startsWith(keptPrefix(key))) await disk.remove(path.join(base, entry))
  }
  const directory = path.join(base, keptPrefix(key) + path.basename(scratch))
  try {
    await disk.rename(scratch, directory)
  } catch (error) {
    throw diskError(error, 'keeping', scratch)
  }
  return { maps: finished.length, bytes, directory }
}

/** Removes what nobody came back for. */
export async function forgetOld(base: string, entry: string, nowMs: number, disk: OutputDisk): Promise<void> {
  if (!keptDirectory.test(entry)) return
  const directory = path.join(base, entry)
  try {
    const { mtimeMs } = await fs.stat(directory)
    if (nowMs - mtimeMs < KEPT_DAYS * 86_400_000) return
  } catch (error) {
    // Taken over by a run that began meanwhile.
    if (errorCode(error) === 'ENOENT') return
    throw diskError(error, 'looking at', directory)
  }
  await disk.remove(directory)
}

/** Takes over the finished maps of an earlier run with the same key: results by map, their files now in this scratch. */
export async function takeOver(options: {
  readonly scratch: string
  readonly base: string
  readonly key: string
  readonly maps: number
  readonly reducers: number
  readonly disk: OutputDisk
}): Promise<Map<number, TaskDone>> {
  const { scratch, base, key, disk } = options
  const taken = new Map<number, TaskDone>()
  const claimed = path.join(scratch, claimedName)
  for (const entry of await disk.list(base)) {
    if (!entry.startsWith(keptPrefix(key)) || !(await claim(path.join(base, entry), claimed, disk))) continue
    // Of two records of a map the later attempt's: the earlier was made anew because its run was lost.
    for (const file of (await disk.list(claimed)).sort(byAttemptFromLast)) {
      const [, prefix = '', map] = finishedFile.exec(file) ?? []
      if (map === undefined || taken.has(Number(map))) continue
      const finished = decodeFinished((await disk.readText(path.join(claimed, file))) ?? '')
      if (finished === undefined || finished.key !== key || finished.map !== Number(map)) continue
      if (finished.map >= options.maps || finished.slices.length !== options.reducers) continue
      const result = await move(claimed, prefix, finished, scratch, disk)
      if (result !== undefined) taken.set(finished.map, result)
    }
    await disk.remove(claimed)
  }
  return taken
}

const attemptOf = (file: string): number => Number(finishedFile.exec(file)?.[3] ?? 0)
const byAttemptFromLast = (left: string, right: string): number => attemptOf(right) - attemptOf(left)

async function claim(directory: string, claimed: string, disk: OutputDisk): Promise<boolean> {
  try {
    await disk.rename(directory, claimed)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw diskError(error, 'taking over', directory)
  }
}

/** Into this run's scratch, as attempt 0; undefined when a file is missing or has another length. */
async function move(
  from: string,
  prefix: string,
  finished: FinishedMap,
  scratch: string,
  disk: OutputDisk,
): Promise<TaskDone | undefined> {
  const target = (kind: string): string => path.join(scratch, `map-${finished.map}.0.${kind}`)
  const kinds = finished.skipped === 0 ? ['run'] : ['run', 'skipped']
  try {
    const { size } = await fs.stat(path.join(from, `${prefix}run`))
    if (size !== finished.runBytes) return undefined
    // The record goes last: without it the others are nothing.
    for (const kind of [...kinds, 'finished']) await disk.rename(path.join(from, prefix + kind), target(kind))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw diskError(error, 'taking over', path.join(from, prefix))
  }
  return resumedResult(finished, target('run'), target('skipped'))
}
