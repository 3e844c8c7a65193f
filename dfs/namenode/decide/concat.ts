import { limits } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import type { FileNode } from '../inode.ts'
import { existingToChange, fileOf } from '../lookup.ts'
import type { Namespace } from '../namespace.ts'
import { type Caller, READ, requireAccess, WRITE } from '../permission.ts'
import type { JournalRecord } from '../record-types.ts'
import { beingWritten } from './create.ts'
import { checkLeaving, commonAbove } from './guards.ts'

/**
 * HDFS 3's rules: sources are different files from anywhere, not empty, none is the target, none is being written, and
 * none has larger blocks than the target. Unlike there a source may be in a snapshot: blocks are shared with those.
 */
export function decideConcat(
  state: Namespace,
  caller: Caller,
  request: { path: string; sources: readonly string[]; time: number },
): JournalRecord {
  const found = existingToChange(state, request.path, caller)
  const target = fileOf(found)
  requireAccess(caller, target, WRITE, found.path)
  checkClosed(state, target, found.path)
  if (request.sources.length === 0) throw new DfsError('DFS_BAD_ARGUMENT', 'concat needs at least one source')
  const seen = new Set<FileNode>()
  const sources: string[] = []
  let blocks = target.blocks.length
  for (const source of request.sources) {
    const { path, ...rest } = existingToChange(state, source, caller)
    const file = fileOf({ path, ...rest })
    requireAccess(caller, file, READ, path)
    checkLeaving(caller, file, path)
    checkClosed(state, file, path)
    if (file === target) throw new DfsError('DFS_BAD_ARGUMENT', `concat: ${path} is source and target`)
    if (seen.has(file)) throw new DfsError('DFS_BAD_ARGUMENT', `concat: ${path} is named twice`)
    if (file.blocks.length === 0) throw new DfsError('DFS_BAD_ARGUMENT', `concat: the source ${path} is empty`)
    if (file.attributes.blockSize > target.attributes.blockSize) {
      throw new DfsError(
        'DFS_BAD_ARGUMENT',
        `concat: the source ${path} has blocks of ${file.attributes.blockSize} bytes, over the ${target.attributes.blockSize} of ${found.path}`,
      )
    }
    seen.add(file)
    sources.push(path)
    blocks += file.blocks.length
  }
  if (blocks > limits.blocksPerFileMax) {
    throw new DfsError('DFS_BAD_ARGUMENT', `concat would give ${blocks} blocks, over ${limits.blocksPerFileMax}`)
  }
  checkSpace(state, target, seen)
  return { type: 'concat', path: found.path, sources, time: request.time }
}

function checkClosed(state: Namespace, file: FileNode, path: string): void {
  const writer = state.reopened.get(file.id)
  if (writer !== undefined) throw beingWritten(path, writer.holder)
}

/** Above both a source and the target only the difference in replication counts, above the target alone everything. */
function checkSpace(state: Namespace, target: FileNode, sources: ReadonlySet<FileNode>): void {
  const { parent } = target
  if (state.quotas.size === 0 || parent === undefined) return
  for (let at: typeof target.parent = parent; at !== undefined; at = at.parent) {
    let space = 0
    for (const { length, attributes, parent: other } of sources) {
      const inside = other !== undefined && commonAbove(at, other) === at
      space += length * (target.attributes.replication - (inside ? attributes.replication : 0))
    }
    state.quotas.check(at, { names: 0, space }, at.parent)
  }
}
