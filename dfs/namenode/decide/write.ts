import { limits, wholeNumber } from '../../base/config.ts'
import { DfsError } from '../../base/errors.ts'
import { type BlockId, blockId, type FileId, fileId, type GenerationStamp, generationStamp } from '../../base/ids.ts'
import { type Block, DirectoryNode, type FileNode, pathOf } from '../inode.ts'
import { existingToChange, fileOf } from '../lookup.ts'
import type { Namespace, OpenFile } from '../namespace.ts'
import { type Caller, requireAccess, WRITE } from '../permission.ts'
import { fileSpace, writtenSpace } from '../quotas.ts'
import type { JournalRecord } from '../record-types.ts'
import { beingWritten } from './create.ts'
import { checkRoom } from './making.ts'

export interface Reopening {
  readonly record: JournalRecord & { type: 'reopen' }
  readonly file: FileNode
  /** The block that holds the end that is kept, and how much of it has to be written again, first of all. */
  readonly rewrite?: { readonly block: Block; readonly offset: number; readonly length: number }
}

/**
 * For append (`keep` is `all`) and truncate (bytes). Blocks are not changed: one that is cut is written again, and so is
 * a last one under `rewriteBlockBytes`, lest many small appends leave many small blocks.
 */
export function decideReopen(
  state: Namespace,
  caller: Caller,
  request: { path: string; keep: 'all' | number; holder: string; rewriteBlockBytes: number },
): Reopening {
  const { keep, holder } = request
  const found = existingToChange(state, request.path, caller)
  const { path } = found
  requireAccess(caller, found.node, WRITE, path)
  const file = fileOf(found)
  const writer = state.reopened.get(file.id)
  if (writer !== undefined) throw beingWritten(path, writer.holder)
  const { length } = file
  if (keep !== 'all' && !(Number.isSafeInteger(keep) && keep >= 0 && keep <= length)) {
    throw new DfsError('DFS_BAD_ARGUMENT', `${path} can not be cut to ${keep} bytes: it has ${length}`)
  }
  let rest = keep === 'all' ? length : keep
  let offset = 0
  let kept = 0
  for (const block of file.blocks) {
    const small = keep === 'all' && kept === file.blocks.length - 1 && isSmall(block, file, request.rewriteBlockBytes)
    if (rest < block.length || small) break
    rest -= block.length
    offset += block.length
    kept++
  }
  const record = { type: 'reopen', file: fileId(state.nextFile), path, keep: kept, holder } as const
  const block = file.blocks[kept]
  return rest === 0 || block === undefined
    ? { record, file }
    : { record, file, rewrite: { block, offset, length: rest } }
}

const isSmall = (block: Block, file: FileNode, small: number): boolean =>
  block.length < Math.min(small, file.attributes.blockSize)

export interface AddedBlock {
  /** Undefined where the block is there already: the request came before. */
  readonly record: JournalRecord | undefined
  readonly block: BlockId
  readonly generation: GenerationStamp
}

export function decideAddBlock(
  state: Namespace,
  request: { file: FileId; index: number; previousLength: number },
): AddedBlock {
  const { file, index, previousLength } = request
  const open = writable(state, file)
  const { node } = open
  const { blocks } = node
  const last = blocks.at(-1)
  if (last !== undefined && index === blocks.length - 1) {
    return { record: undefined, block: last.id, generation: last.generation }
  }
  if (index !== blocks.length) {
    throw new DfsError('DFS_BAD_ARGUMENT', `block ${index} of file ${file} was asked for, it has ${blocks.length}`)
  }
  if ((open.keep ?? 0) + blocks.length >= limits.blocksPerFileMax) {
    throw new DfsError('DFS_BAD_ARGUMENT', `a file can have ${limits.blocksPerFileMax} blocks; use a larger block size`)
  }
  if (state.blocks.size >= limits.blocksMax) {
    throw new DfsError('DFS_NO_SPACE', `the namespace holds ${limits.blocksMax} blocks, the most it can`)
  }
  checkLength(node, previousLength)
  checkSpace(state, open, previousLength)
  const block = blockId(state.nextBlock)
  const generation = generationStamp(state.nextGeneration)
  return { record: { type: 'addBlock', file, block, generation, previousLength }, block, generation }
}

/** A full block more has to fit; what will be replaced at the end is counted as gone. */
function checkSpace(state: Namespace, { node, base, keep, kind }: OpenFile, previousLength: number): void {
  if (state.quotas.size === 0 || kind === 'detached') return
  const { blockSize, replication } = node.attributes
  const last = node.blocks.at(-1)
  const whole = last === undefined ? 0 : node.length - last.length + previousLength
  const more = (whole + blockSize) * replication - writtenSpace(node)
  state.quotas.check((base ?? node).parent, { names: 0, space: more - replacedSpace(node, base, keep) })
}

function replacedSpace(node: FileNode, base: FileNode | undefined, keep: number | undefined): number {
  if (base === undefined) {
    const existing = node.parent?.child(node.name)
    return existing === undefined || existing instanceof DirectoryNode ? 0 : fileSpace(existing)
  }
  let bytes = 0
  for (const block of base.blocks.slice(keep)) bytes += block.length
  return bytes * base.attributes.replication
}

/** Undefined where it has been done already. */
export function decideNewGeneration(
  state: Namespace,
  request: { file: FileId; block: BlockId; previous: GenerationStamp },
): { readonly record: JournalRecord | undefined; readonly generation: GenerationStamp } {
  const { file, block, previous } = request
  const { node } = writable(state, file)
  // Not only the last one: while a block is still on its way to its datanodes the next is begun.
  const known = state.blocks.get(block)
  if (known?.file !== node) {
    throw new DfsError('DFS_BAD_ARGUMENT', `block ${block} is not being written to file ${file}`)
  }
  if (known.generation > previous) return { record: undefined, generation: known.generation }
  if (known.generation < previous) {
    throw new DfsError('DFS_BAD_ARGUMENT', `block ${block} is of generation ${known.generation}, not yet ${previous}`)
  }
  const generation = generationStamp(state.nextGeneration)
  return { record: { type: 'newGeneration', file, block, generation }, generation }
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
      throw new DfsError('DFS_IS_DIRECTORY', `${pathOf(node)} has become a directory while it was written`)
    }
    if (existing !== undefined && !open.overwrite) {
      throw new DfsError('DFS_EXISTS', `${pathOf(node)} has been made by someone else while it was written`)
    }
    if (parent !== undefined && existing === undefined) checkRoom(parent, 1)
  }
  return { type: 'complete', ...request }
}

export function decideAbandon(state: Namespace, file: FileId): JournalRecord | undefined {
  return state.open.has(file) ? { type: 'abandon', file } : undefined
}

function checkLength(node: FileNode, length: number): void {
  wholeNumber('block length', length, 0, node.attributes.blockSize)
}

function writable(state: Namespace, file: FileId): OpenFile {
  const open = state.open.get(file)
  if (open === undefined || open.sealed) {
    throw new DfsError('DFS_LEASE_LOST', `file ${file} is not being written: it was completed, abandoned or deleted`)
  }
  return open
}
