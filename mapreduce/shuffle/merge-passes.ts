import { rmSync } from 'node:fs'
import type { Arena } from '../kernels/arena.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { arenaOffset } from '../record/copy-bytes.ts'
import { copyRecords } from '../record/record-stream.ts'
import type { BlockPacker } from './block-packer.ts'
import { KernelMerge, mergeBytes } from './kernel-merge.ts'
import { Merge, openCursors } from './merge.ts'
import type { SliceSource } from './run-cursor.ts'
import { BLOCK_BYTES, UNPACKED_BYTES_MAX } from './run-format.ts'
import { RunWriter, type SliceRange } from './run-writer.ts'

/** A cursor with less room than this would read single blocks. */
const CURSOR_BYTES_MIN = BLOCK_BYTES + BLOCK_BYTES / 2
/** Beyond this many runs at once, reads get small and the disk seeks. */
const FAN_IN_MAX = 512

export interface MergeSpace {
  /** For the cursors' buffers; more runs than fit are merged in passes. */
  readonly memory: Buffer
  /** What `memory` is part of, and merges where it lies; undefined: records are merged one at a time. */
  readonly in?: { readonly arena: Arena; readonly kernels: Kernels }
  /** Packs the blocks of runs, where the job wants that; they are then read with room to unpack them. */
  readonly packer?: BlockPacker | undefined
  /** For the runs that passes write. */
  readonly passBuffer: Buffer
  /** A fresh path for a run that a pass writes. */
  readonly passFile: () => string
  /** Called once a pass with the records it moved. */
  readonly onPass: (records: number) => void
  /** Called now and then, so that a long merge is seen to be alive. */
  readonly beat: () => void
}

/**
 * Merges any number of slices (of one partition, in input order) and hands the merged stream to `use`. Slices that do
 * not fit the fan-in are first merged with their neighbours, which keeps equal keys in input order.
 */
export async function withMerged<T>(
  slices: readonly SliceSource[],
  space: MergeSpace,
  use: (merge: Merge | KernelMerge) => Promise<T>,
): Promise<T> {
  const fanIn = Math.max(2, Math.min(FAN_IN_MAX, fanInOf(space)))
  const made: string[] = []
  try {
    let current = slices
    while (current.length > fanIn) {
      const next: SliceSource[] = []
      for (let i = 0; i < current.length; i += fanIn) {
        const group = current.slice(i, i + fanIn)
        const [only] = group
        if (group.length === 1 && only !== undefined) next.push(only)
        else next.push(mergePass(group, space, made))
      }
      current = next
    }
    const merge = openMerge(current, space)
    try {
      return await use(merge)
    } finally {
      merge.close()
    }
  } finally {
    for (const file of made) rmSync(file, { force: true })
  }
}

const cursorBytesMin = ({ packer }: MergeSpace): number =>
  CURSOR_BYTES_MIN + (packer === undefined ? 0 : UNPACKED_BYTES_MAX)

/** How many cursors, with what the merge itself needs, have room. */
function fanInOf(space: MergeSpace): number {
  const { memory } = space
  const least = cursorBytesMin(space)
  if (space.in?.kernels.merging === undefined) return Math.floor(memory.length / least)
  return Math.floor((memory.length - kernelBytes(0)) / (least + kernelBytes(1) - kernelBytes(0)))
}

/** With room for aligning. */
const kernelBytes = (cursors: number): number => mergeBytes(cursors) + 128

function openMerge(slices: readonly SliceSource[], space: MergeSpace): Merge | KernelMerge {
  const { memory } = space
  const merging = space.in?.kernels.merging
  const at = arenaOffset(memory)
  const own = kernelBytes(slices.length)
  const near = at >= 0 && memory.length >= own + slices.length * cursorBytesMin(space)
  if (space.in === undefined || !near) return new Merge(openCursors(slices, memory))
  const { arena, kernels } = space.in
  const unpackBy = space.packer === undefined ? undefined : kernels
  if (merging === undefined) return new Merge(openCursors(slices, memory, unpackBy))
  return new KernelMerge(openCursors(slices, memory.subarray(own), unpackBy), arena, merging, at)
}

function mergePass(group: readonly SliceSource[], space: MergeSpace, made: string[]): SliceSource {
  const file = space.passFile()
  const merge = openMerge(group, space)
  try {
    const writer = new RunWriter(file, space.passBuffer, space.packer)
    made.push(file)
    let slice: SliceRange
    try {
      copyRecords(merge, writer, space.beat)
      slice = writer.endSlice()
    } catch (error) {
      writer.abandon()
      throw error
    }
    writer.close()
    space.onPass(slice.records)
    return { file, offset: slice.offset, length: slice.length, mapTask: -1 }
  } finally {
    merge.close()
  }
}
