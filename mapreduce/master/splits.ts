import type { LocatedBlock } from '../../dfs/index.ts'
import type { InputFile, Segment } from './task.ts'

/** Where a task's bytes lie, as far as the choice of a slot cares. */
export type Placement =
  /** Nothing to be near to: a reduce, or a map without input. */
  | { readonly kind: 'none' }
  | { readonly kind: 'local-file' }
  /** Datanodes that hold all of the bytes (or, failing one, most of them), in byte order, and their racks. */
  | { readonly kind: 'nodes'; readonly nodes: readonly string[]; readonly racks: readonly string[] }

export interface Split {
  readonly segments: readonly Segment[]
  readonly bytes: number
  readonly placement: Placement
}

export interface SplitOptions {
  /** Aim and, for what can be cut, upper bound of a split's bytes (rounded up to `cutBytes`). */
  readonly splitBytes: number
  /** Cuts fall on multiples of this within a block; ignored below it. */
  readonly cutBytes: number
  /**
   * Cut at block edges and pack only what shares a datanode. Off, the splits depend on names and lengths alone,
   * wherever the bytes lie: what a map-only job needs, as each of its splits becomes a part file.
   */
  readonly byBlock: boolean
  /** False when records can't be found from the middle of a file: it is one segment. */
  readonly splittable: (file: InputFile) => boolean
}

/** A stretch of one file, with the datanodes that hold all of it; undefined: not in the DFS. */
interface Piece extends Segment {
  readonly nodes: ReadonlyMap<string, string> | undefined
}

/**
 * Cuts the input into splits. Their segments, one after the other, are the input in order, every byte once. Files
 * smaller than a split are packed together in file order (Hadoop's CombineFile idea), so that two thousand small files
 * are a handful of tasks; segments that touch are joined. Empty files give no segment.
 */
export function planSplits(files: readonly InputFile[], options: SplitOptions): Split[] {
  if (!Number.isSafeInteger(options.splitBytes) || options.splitBytes < 1) {
    throw new RangeError(`splitBytes must be a whole number of at least 1, not ${options.splitBytes}`)
  }
  const splits: Split[] = []
  let open: { segments: Segment[]; bytes: number; nodes: ReadonlyMap<string, string> | undefined } | undefined
  const seal = (): void => {
    if (open !== undefined)
      splits.push({ segments: open.segments, bytes: open.bytes, placement: placementOf(open.nodes) })
    open = undefined
  }
  for (const [index, file] of files.entries()) {
    for (const piece of cutFile(index, file, options)) {
      const shared: ReadonlyMap<string, string> | undefined =
        open === undefined ? piece.nodes : intersect(open.nodes, piece.nodes)
      const fits = open !== undefined && open.bytes + piece.length <= options.splitBytes
      const together = !options.byBlock || shared === undefined || shared.size > 0
      if (open !== undefined && fits && together) {
        append(open.segments, piece)
        open = { segments: open.segments, bytes: open.bytes + piece.length, nodes: shared }
      } else {
        seal()
        open = { segments: [], bytes: piece.length, nodes: piece.nodes }
        append(open.segments, piece)
      }
    }
  }
  seal()
  return splits
}

function append(segments: Segment[], piece: Segment): void {
  const last = segments.at(-1)
  if (last !== undefined && last.file === piece.file && last.start + last.length === piece.start) {
    segments[segments.length - 1] = { file: last.file, start: last.start, length: last.length + piece.length }
  } else {
    segments.push({ file: piece.file, start: piece.start, length: piece.length })
  }
}

function* cutFile(index: number, file: InputFile, options: SplitOptions): Generator<Piece> {
  if (file.length === 0) return
  const whole = file.gzip || !options.splittable(file)
  if (whole || file.kind === 'local' || !options.byBlock) {
    const pieceBytes = whole ? file.length : evenly(file.length, options)
    for (let start = 0; start < file.length; start += pieceBytes) {
      const length = Math.min(pieceBytes, file.length - start)
      yield { file: index, start, length, nodes: file.kind === 'dfs' ? holders(file.blocks, start, length) : undefined }
    }
    return
  }
  for (const block of file.blocks) {
    if (block.length === 0) continue
    const nodes = nodesOf(block)
    const pieceBytes = evenly(block.length, options)
    for (let start = 0; start < block.length; start += pieceBytes) {
      yield { file: index, start: block.offset + start, length: Math.min(pieceBytes, block.length - start), nodes }
    }
  }
}

/** Pieces of about the same size rather than full ones and a crumb. */
function evenly(length: number, { splitBytes, cutBytes }: SplitOptions): number {
  const pieceBytes = Math.ceil(length / Math.ceil(length / splitBytes))
  return splitBytes < cutBytes ? pieceBytes : Math.ceil(pieceBytes / cutBytes) * cutBytes
}

function nodesOf(block: LocatedBlock): Map<string, string> {
  return new Map(block.replicas.map((replica) => [replica.datanode, replica.rack]))
}

/** Datanodes that hold all of a stretch; where none does, those that hold most of it. */
function holders(blocks: readonly LocatedBlock[], start: number, length: number): Map<string, string> {
  const bytes = new Map<string, number>()
  const racks = new Map<string, string>()
  for (const block of blocks) {
    const overlap = Math.min(start + length, block.offset + block.length) - Math.max(start, block.offset)
    if (overlap <= 0) continue
    for (const { datanode, rack } of block.replicas) {
      bytes.set(datanode, (bytes.get(datanode) ?? 0) + overlap)
      racks.set(datanode, rack)
    }
  }
  const most = Math.max(0, ...bytes.values())
  return new Map([...racks].filter(([datanode]) => bytes.get(datanode) === most))
}

function intersect(
  left: ReadonlyMap<string, string> | undefined,
  right: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> | undefined {
  if (left === undefined) return right
  if (right === undefined) return left
  return new Map([...left].filter(([node]) => right.has(node)))
}

function placementOf(nodes: ReadonlyMap<string, string> | undefined): Placement {
  if (nodes === undefined) return { kind: 'local-file' }
  const inOrder = [...nodes].sort(([left], [right]) => (left < right ? -1 : 1))
  return { kind: 'nodes', nodes: inOrder.map(([node]) => node), racks: [...new Set(inOrder.map(([, rack]) => rack))] }
}
