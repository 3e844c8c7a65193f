import { MrError } from '../base/errors.ts'
import type { EncodedKey } from '../master/task.ts'
import { type Decoded, Decoder } from '../record/decode.ts'
import { hashKey, partitionOf } from '../record/hash.ts'
import { groupedEnd, rangeOf } from './range.ts'
import { showKey } from './reduce-groups.ts'

export interface Partitioner {
  /** The partition of an encoded key. */
  readonly of: (bytes: Buffer, keyKind: number, start: number, end: number) => number
  /** The hash of the whole key alone decides, so that who has it already need not compute it again. */
  readonly byHash: boolean
  /** How a key that is a text, and no tuple, is partitioned, where that takes no function: by these cuts or by its hash. */
  readonly texts: 'hash' | readonly EncodedKey[] | undefined
}

export interface PartitionerOptions {
  readonly partitions: number
  /** Tuple keys are partitioned by their first fields. */
  readonly groupBy: number
  readonly custom: ((key: Decoded, partitions: number) => unknown) | undefined
  /** Where ranges of keys are cut; undefined for a job that does not partition by range. */
  readonly cuts: readonly EncodedKey[] | undefined
  /** Wraps what the custom partitioner throws. */
  readonly userError: (cause: unknown, key: Decoded) => Error
}

/** Throws MR_USER_CODE when a custom partitioner answers anything but an integer in [0, partitions). */
export function createPartitioner(options: PartitionerOptions): Partitioner {
  const { partitions, groupBy, custom, cuts } = options
  if (custom !== undefined) return { of: customPartition(custom, options), byHash: false, texts: undefined }
  if (partitions <= 1) return { of: () => 0, byHash: true, texts: 'hash' }
  if (cuts !== undefined) {
    const of = rangeOf(cuts)
    return {
      of: (bytes, keyKind, start, end) => of(bytes, keyKind, start, groupedEnd(bytes, keyKind, start, end, groupBy)),
      byHash: false,
      texts: cuts,
    }
  }
  return {
    of: (bytes, keyKind, start, end) =>
      partitionOf(hashKey(bytes, keyKind, start, groupedEnd(bytes, keyKind, start, end, groupBy)), partitions),
    byHash: groupBy === 0,
    texts: 'hash',
  }
}

function customPartition(
  custom: NonNullable<PartitionerOptions['custom']>,
  { partitions, userError }: PartitionerOptions,
): Partitioner['of'] {
  const decoder = new Decoder()
  return (bytes, keyKind, start, end) => {
    const key = decoder.decode(bytes, keyKind, start, end)
    let answer: unknown
    try {
      answer = custom(key, partitions)
    } catch (cause) {
      throw userError(cause, key)
    }
    if (typeof answer === 'number' && Number.isInteger(answer) && answer >= 0 && answer < partitions) return answer
    throw new MrError(
      'MR_USER_CODE',
      `partition returned ${String(answer)} for the key ${showKey(key)}; it has to be an integer from 0 to ${partitions - 1}`,
    )
  }
}

/** Bits that hold any partition number. */
export function bitsOf(partitions: number): number {
  return partitions <= 1 ? 0 : 32 - Math.clz32(partitions - 1)
}
