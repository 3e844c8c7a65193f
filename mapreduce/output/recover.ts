import path from 'node:path'
import { asideName, hiddenName, parseHiddenName, successName } from './commit.ts'
import { errorCode, type OutputDisk } from './disk.ts'
import type { OutputRecord } from './local-committer.ts'

/** What recovery needs of a disk, or of a file system elsewhere. */
export type SettlingDisk = Pick<OutputDisk, 'kind' | 'list' | 'rename' | 'remove' | 'removeEmpty' | 'syncDirectory'>

const doneBefore: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTEMPTY',
  'EEXIST',
  'DFS_NOT_FOUND',
  'DFS_NOT_EMPTY',
  'DFS_EXISTS',
])

/**
 * Settles the output of a process that is gone. It may have been stopped anywhere:
 *
 *   output  hidden       aside  means                                         then
 *   any     -            -      nothing begun, or all done                    -
 *   any     any          -      not committed                                 remove hidden
 *   -       _SUCCESS     yes    between the two renames of an overwrite       finish: hidden becomes the output
 *   -       unfinished   yes    can't be by the order of steps                undo: aside becomes the output
 *   yes     -            yes    committed, the old one not yet removed        remove aside
 *   -       -            yes    the same, and the output since removed        remove aside
 *   yes     any          yes    someone made the output anew since            remove both
 */
export async function settleOutput(disk: SettlingDisk, { output, tag, madeParents }: OutputRecord): Promise<void> {
  const parent = path.dirname(output)
  const hidden = path.join(parent, hiddenName(path.basename(output), tag))
  const aside = asideName(hidden)
  const asideThere = (await disk.kind(aside)) !== undefined
  const hiddenThere = (await disk.kind(hidden)) !== undefined
  if (asideThere && hiddenThere && (await disk.kind(output)) === undefined) {
    const whole = (await disk.kind(path.join(hidden, successName))) === 'file'
    await unlessDone(disk.rename(whole ? hidden : aside, output))
    await disk.syncDirectory(parent)
  }
  if (asideThere) await disk.remove(aside)
  if (hiddenThere) await disk.remove(hidden)
  for (const directory of madeParents.toReversed()) await disk.removeEmpty(directory)
}

/** Two jobs that start together settle the same leftovers; the second finds each step done. */
async function unlessDone(rename: Promise<void>): Promise<void> {
  try {
    await rename
  } catch (error) {
    if (!doneBefore.has(errorCode(error))) throw error
  }
}

/**
 * Settles what dead processes left beside an output about to be made, found by name alone: the scratch directory with
 * their record may be gone (a reboot empties /tmp).
 */
export async function settleSiblings(
  disk: SettlingDisk,
  output: string,
  isDead: (tag: string) => boolean,
): Promise<void> {
  const parent = path.dirname(output)
  if ((await disk.kind(parent)) !== 'directory') return
  const seen = new Set<string>()
  for (const entry of await disk.list(parent)) {
    const hidden = parseHiddenName(entry)
    if (hidden === undefined || !isDead(hidden.tag)) continue
    const left = path.join(parent, hidden.name)
    const key = `${hidden.tag} ${left}`
    if (seen.has(key)) continue
    seen.add(key)
    await settleOutput(disk, { output: left, tag: hidden.tag, madeParents: [] })
  }
}
