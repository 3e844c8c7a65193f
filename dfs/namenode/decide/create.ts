import { DfsError } from '../../base/errors.ts'
import { fileId } from '../../base/ids.ts'
import { DirectoryNode } from '../inode.ts'
import { lookUpToChange } from '../lookup.ts'
import { directoryPermission, filePermission, type Namespace } from '../namespace.ts'
import { type Caller, requireAccess, WRITE } from '../permission.ts'
import type { JournalRecord } from '../record-types.ts'
import { checkShape, making, parentsLike, placeFor } from './making.ts'

export function decideMkdir(
  state: Namespace,
  caller: Caller,
  request: { path: string; parents: boolean; permission?: number; time: number },
): JournalRecord | undefined {
  const found = lookUpToChange(state, request.path, caller)
  const { path, node } = found
  if (node instanceof DirectoryNode && request.parents) return undefined
  if (node !== undefined) throw new DfsError('DFS_EXISTS', `already exists: ${path}`)
  const { directory, missing } = placeFor(caller, found, request.parents)
  state.quotas.check(directory, { names: missing, space: 0 })
  const permission = request.permission ?? directoryPermission
  return { type: 'mkdir', path, time: request.time, ...making(caller, directory, permission, permission | 0o300) }
}

export interface CreateShape {
  readonly replication: number
  readonly blockSize: number
  readonly permission?: number
  readonly holder: string
  readonly time: number
}

export function decideCreate(
  state: Namespace,
  caller: Caller,
  request: CreateShape & { path: string; overwrite: boolean; parents: boolean },
): JournalRecord & { type: 'create' } {
  checkShape(request)
  const { overwrite, replication, blockSize, holder, time } = request
  const found = lookUpToChange(state, request.path, caller)
  const { path, node, parts } = found
  const name = parts.at(-1)
  if (node instanceof DirectoryNode || name === undefined) {
    throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
  }
  const { directory, missing } = placeFor(caller, found, request.parents)
  if (node !== undefined) {
    if (!overwrite) {
      const writer = state.reopened.get(node.id)
      if (writer !== undefined) throw beingWritten(path, writer.holder)
      throw new DfsError('DFS_EXISTS', `already exists: ${path}`)
    }
    requireAccess(caller, node, WRITE, path)
  }
  const other = missing > 1 ? undefined : directory.underConstruction?.get(name)
  if (other !== undefined) {
    if (!overwrite) throw beingWritten(path, state.open.get(other.id)?.holder)
    requireAccess(caller, other, WRITE, path)
  }
  // What will be replaced is still counted: one that takes its place is not one more.
  const replaced = node === undefined && other === undefined ? 0 : 1
  state.quotas.check(directory, { names: Math.max(1, missing) - replaced, space: 0 })
  return {
    type: 'create',
    // Directories that the same record makes take the ids before the file's.
    file: fileId(state.nextFile + Math.max(0, missing - 1)),
    path,
    replication,
    blockSize,
    overwrite,
    holder,
    time,
    ...making(caller, directory, request.permission ?? filePermission, parentsLike(directory.permission)),
  }
}

/** Its group is told once it is published. */
export function decideCreateDetached(
  state: Namespace,
  caller: Caller,
  request: CreateShape,
): JournalRecord & { type: 'create' } {
  checkShape(request)
  const { replication, blockSize, holder, time } = request
  return {
    type: 'create',
    file: fileId(state.nextFile),
    path: '',
    replication,
    blockSize,
    overwrite: false,
    holder,
    time,
    ...making(caller, state.root, request.permission ?? filePermission, directoryPermission),
  }
}

export const beingWritten = (path: string, holder: string | undefined): DfsError =>
  new DfsError('DFS_BEING_WRITTEN', `${path} is being written by ${holder ?? 'another'}`)
