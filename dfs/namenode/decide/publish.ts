import { limits } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import type { FileId } from '../../base/ids.ts'
import { checkName } from '../../base/path.ts'
import type { FileNode } from '../inode.ts'
import { lookUpToChange } from '../lookup.ts'
import { directoryPermission, type Namespace } from '../namespace.ts'
import type { Caller } from '../permission.ts'
import { denied } from '../permission.ts'
import { fileSpace } from '../quotas.ts'
import type { JournalRecord } from '../record-types.ts'
import { checkRemovable } from './guards.ts'
import { checkReserved, fullDirectory, making, parentsLike, placeFor } from './making.ts'

export function decidePublish(
  state: Namespace,
  caller: Caller,
  request: {
    directory: string
    files: readonly { name: string; file: FileId }[]
    overwrite: boolean
    time: number
  },
): JournalRecord {
  const { files, overwrite, time } = request
  const found = lookUpToChange(state, request.directory, caller)
  const { path, node } = found
  if (found.parts.length === 0) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be replaced')
  if (node !== undefined && !overwrite) throw new DfsError('DFS_EXISTS', `already exists: ${path}`)
  const { directory, missing } = placeFor(caller, found, true)
  if (node !== undefined) checkRemovable(state, caller, node, path)
  if (files.length > limits.directoryEntriesMax) throw fullDirectory(path)
  const names = new Set<string>()
  const ids = new Set<FileId>()
  let space = 0
  for (const { name, file } of files) {
    checkName(name)
    checkReserved(name, path)
    space += fileSpace(sealed(state, caller, name, file))
    if (names.has(name)) throw new DfsError('DFS_BAD_ARGUMENT', `two files are to be published as ${name}`)
    if (ids.has(file)) throw new DfsError('DFS_BAD_ARGUMENT', `file ${file} is to be published twice`)
    names.add(name)
    ids.add(file)
  }
  if (state.quotas.size > 0) {
    const back = node === undefined ? { names: 0, space: 0 } : state.usage(node)
    const made = Math.max(1, missing) + files.length
    state.quotas.check(directory, { names: made - back.names, space: space - back.space })
  }
  const made = making(caller, directory, directoryPermission, parentsLike(directory.permission))
  return { type: 'publish', directory: path, files, time, ...made }
}

function sealed(state: Namespace, caller: Caller, name: string, file: FileId): FileNode {
  const open = state.open.get(file)
  if (open === undefined || open.kind !== 'detached') {
    throw new DfsError('DFS_LEASE_LOST', `file ${file} (${name}) is no detached file; was it published or discarded?`)
  }
  if (!open.sealed) throw new DfsError('DFS_BAD_ARGUMENT', `file ${file} (${name}) is still being written`)
  const { user } = open.node.attributes.owner
  if (!caller.superuser && caller.user !== user) throw denied(`file ${file} (${name}) was written by ${user}`)
  return open.node
}
