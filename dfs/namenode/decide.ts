import { limits, wholeNumber } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import { type BlockId, blockId, type FileId, fileId, type GenerationStamp, generationStamp } from '../base/ids.ts'
import { checkName, joinPath, splitPath } from '../base/path.ts'
import { DirectoryNode, FileNode, type Inode } from './inode.ts'
import type { Namespace, OpenFile } from './namespace.ts'
import type { JournalRecord, Owner } from './records.ts'

/**
 * The rules: each function checks one request against the state and gives the record that would fulfil it, or undefined
 * where there is nothing to do, or throws the DfsError. None changes anything.
 */

export function decideMkdir(
  state: Namespace,
  request: { path: string; parents: boolean; time: number; owner: Owner },
): JournalRecord | undefined {
  const parts = splitPath(request.path)
  const path = joinPath(parts)
  const existing = state.find(path)
  if (existing instanceof DirectoryNode && request.parents) return undefined
  if (existing !== undefined) throw new DfsError('DFS_EXISTS', `already exists: ${path}`)
  const depth = checkAncestors(state, parts.slice(0, -1))
  if (depth < parts.length - 1 && !request.parents) {
    throw new DfsError('DFS_NOT_FOUND', `no such directory: ${joinPath(parts.slice(0, depth + 1))}`)
  }
  return { type: 'mkdir', path, time: request.time, owner: request.owner }
}

export function decideCreate(
  state: Namespace,
  request: {
    path: string
    replication: number
    blockSize: number
    overwrite: boolean
    holder: string
    time: number
    owner: Owner
  },
): JournalRecord & { type: 'create' } {
  wholeNumber('replication', request.replication, 1, limits.replicationMax)
  wholeNumber('blockSize', request.blockSize, 1, limits.blockSizeMax)
  const parts = splitPath(request.path)
  const path = joinPath(parts)
  const name = parts.at(-1)
  const existing = state.find(path)
  if (existing instanceof DirectoryNode || name === undefined) {
    throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
  }
  if (existing !== undefined && !request.overwrite) throw new DfsError('DFS_EXISTS', `already exists: ${path}`)
  const depth = checkAncestors(state, parts.slice(0, -1))
  if (depth === parts.length - 1) {
    const other = state.directory(joinPath(parts.slice(0, -1))).underConstruction?.get(name)
    if (other !== undefined && !request.overwrite) {
      throw new DfsError('DFS_EXISTS', `${path} is being written by ${state.open.get(other.id)?.holder ?? 'another'}`)
    }
  }
  return { type: 'create', file: fileId(newFileId(state, parts.length - 1 - depth)), ...request, path }
}

export function decideCreateDetached(
  state: Namespace,
  request: { replication: number; blockSize: number; holder: string; time: number; owner: Owner },
): JournalRecord & { type: 'create' } {
  wholeNumber('replication', request.replication, 1, limits.replicationMax)
  wholeNumber('blockSize', request.blockSize, 1, limits.blockSizeMax)
  return { type: 'create', file: fileId(newFileId(state, 0)), path: '', overwrite: false, ...request }
}

/** Directories that the same record makes take the ids before the file's. */
const newFileId = (state: Namespace, directories: number): number => state.nextFile + directories

export function decideAddBlock(
  state: Namespace,
  request: { file: FileId; previousLength: number },
): JournalRecord & { type: 'addBlock'; block: BlockId; generation: GenerationStamp } {
  const { node } = writable(state, request.file)
  if (node.blocks.length >= limits.blocksPerFileMax) {
    throw new DfsError('DFS_BAD_ARGUMENT', `a file can have ${limits.blocksPerFileMax} blocks; use a larger block size`)
  }
  if (state.blocks.size >= limits.blocksMax) {
    throw new DfsError('DFS_NO_SPACE', `the namespace holds ${limits.blocksMax} blocks, the most it can`)
  }
  checkLength(node, request.previousLength)
  return {
    type: 'addBlock',
    file: request.file,
    block: blockId(state.nextBlock),
    generation: generationStamp(state.nextGeneration),
    previousLength: request.previousLength,
  }
}

export function decideComplete(
  state: Namespace,
  request: { file: FileId; lastLength: number; time: number },
): JournalRecord {
  const open = writable(state, request.file)
  const { node } = open
  checkLength(node, request.lastLength)
  if (open.kind === 'named') {
    const parent = node.parent
    const existing = parent?.child(node.name)
    if (existing instanceof DirectoryNode) {
      throw new DfsError('DFS_IS_DIRECTORY', `${node.name} has become a directory while it was written`)
    }
    if (existing !== undefined && !open.overwrite) {
      throw new DfsError('DFS_EXISTS', `${node.name} has been made by someone else while it was written`)
    }
    if (parent !== undefined && existing === undefined) checkRoom(parent, 1)
  }
  return { type: 'complete', ...request }
}

export function decideAbandon(state: Namespace, file: FileId): JournalRecord | undefined {
  return state.open.has(file) ? { type: 'abandon', file } : undefined
}

export function decideDelete(
  state: Namespace,
  request: { path: string; recursive: boolean; time: number },
): JournalRecord | undefined {
  const path = joinPath(splitPath(request.path))
  const node = state.find(path)
  if (node === undefined) return undefined
  if (node === state.root) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be deleted')
  if (node instanceof DirectoryNode && !request.recursive) {
    if (node.size > 0) throw new DfsError('DFS_NOT_EMPTY', `directory is not empty: ${path}`)
    if (node.underConstruction !== undefined) {
      throw new DfsError('DFS_NOT_EMPTY', `files are being written in this directory: ${path}`)
    }
  }
  return { type: 'delete', path, time: request.time }
}

export function decideRename(
  state: Namespace,
  request: { from: string; to: string; time: number },
): JournalRecord | undefined {
  const from = joinPath(splitPath(request.from))
  const node = existing(state, from)
  if (node === state.root) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be renamed')
  let parts = splitPath(request.to)
  if (state.find(joinPath(parts)) instanceof DirectoryNode) parts = [...parts, node.name]
  const to = joinPath(parts)
  if (to === from && node instanceof FileNode) return undefined
  const parent = state.directory(joinPath(parts.slice(0, -1)))
  for (let at: DirectoryNode | undefined = parent; at !== undefined; at = at.parent) {
    if (at === node) throw new DfsError('DFS_BAD_ARGUMENT', `${from} can not be moved into itself: ${to}`)
  }
  if (state.find(to) !== undefined) throw new DfsError('DFS_EXISTS', `already exists: ${to}`)
  if (parent !== node.parent) checkRoom(parent, 1)
  return { type: 'rename', from, to, time: request.time }
}

export function decideSetTimes(
  state: Namespace,
  request: { path: string; modificationTime?: number; accessTime?: number },
): JournalRecord {
  const path = joinPath(splitPath(request.path))
  const node = existing(state, path)
  const modificationTime = request.modificationTime ?? node.modificationTime
  const accessTime = request.accessTime ?? node.accessTime
  wholeNumber('modificationTime', modificationTime, 0, Number.MAX_SAFE_INTEGER)
  wholeNumber('accessTime', accessTime, 0, Number.MAX_SAFE_INTEGER)
  return { type: 'setTimes', path, modificationTime, accessTime }
}

export function decideSetReplication(
  state: Namespace,
  request: { path: string; replication: number },
): JournalRecord | undefined {
  wholeNumber('replication', request.replication, 1, limits.replicationMax)
  const path = joinPath(splitPath(request.path))
  const node = existing(state, path)
  if (node instanceof DirectoryNode) throw new DfsError('DFS_IS_DIRECTORY', `is a directory: ${path}`)
  if (node.attributes.replication === request.replication) return undefined
  return { type: 'setReplication', path, replication: request.replication }
}

export function decidePublish(
  state: Namespace,
  request: {
    directory: string
    files: readonly { name: string; file: FileId }[]
    overwrite: boolean
    time: number
    owner: Owner
  },
): JournalRecord {
  const parts = splitPath(request.directory)
  const directory = joinPath(parts)
  if (parts.length === 0) throw new DfsError('DFS_BAD_ARGUMENT', 'the root directory can not be replaced')
  if (state.find(directory) !== undefined && !request.overwrite) {
    throw new DfsError('DFS_EXISTS', `already exists: ${directory}`)
  }
  checkAncestors(state, parts.slice(0, -1))
  if (request.files.length > limits.directoryEntriesMax) throw fullDirectory(directory)
  const names = new Set<string>()
  const ids = new Set<FileId>()
  for (const { name, file } of request.files) {
    checkName(name)
    const open = state.open.get(file)
    if (open === undefined || open.kind !== 'detached') {
      throw new DfsError('DFS_LEASE_LOST', `file ${file} (${name}) is no detached file; was it published or discarded?`)
    }
    if (!open.sealed) throw new DfsError('DFS_BAD_ARGUMENT', `file ${file} (${name}) is still being written`)
    if (names.has(name)) throw new DfsError('DFS_BAD_ARGUMENT', `two files are to be published as ${name}`)
    if (ids.has(file)) throw new DfsError('DFS_BAD_ARGUMENT', `file ${file} is to be published twice`)
    names.add(name)
    ids.add(file)
  }
  return { type: 'publish', directory, files: request.files, time: request.time, owner: request.owner }
}

/** How many of these directories exist from the top; DFS_NOT_DIRECTORY if a file stands in the way. */
function checkAncestors(state: Namespace, parts: readonly string[]): number {
  let at = state.root
  for (const [depth, name] of parts.entries()) {
    const next = at.child(name)
    if (next === undefined) {
      checkRoom(at, 1)
      return depth
    }
    if (next instanceof FileNode) {
      throw new DfsError('DFS_NOT_DIRECTORY', `not a directory: ${joinPath(parts.slice(0, depth + 1))}`)
    }
    at = next
  }
  checkRoom(at, 1)
  return parts.length
}

function checkRoom(directory: DirectoryNode, more: number): void {
  if (directory.size + more > limits.directoryEntriesMax) throw fullDirectory(directory.name)
}

const fullDirectory = (path: string): DfsError =>
  new DfsError('DFS_NO_SPACE', `directory ${path} is full: it can have ${limits.directoryEntriesMax} entries`)

function checkLength(node: FileNode, length: number): void {
  wholeNumber('block length', length, 0, node.attributes.blockSize)
}

function existing(state: Namespace, path: string): Inode {
  const node = state.find(path)
  if (node === undefined) throw new DfsError('DFS_NOT_FOUND', `no such file or directory: ${path}`)
  return node
}

function writable(state: Namespace, file: FileId): OpenFile {
  const open = state.open.get(file)
  if (open === undefined || open.sealed) {
    throw new DfsError('DFS_LEASE_LOST', `file ${file} is not being written: it was completed, abandoned or deleted`)
  }
  return open
}
