import type { EncodedKey } from '../master/task.ts'
import { tuplePrefixEnd } from '../record/encode.ts'
import { kind } from '../record/kind.ts'

/** How keys find their part of the output, by name; a function of the job's own is the third way. */
export interface NamedPartition {
  readonly partition: 'hash' | 'range'
}

/** By a hash of the key (with `groupBy`, of the fields grouped by): the default. */
export const hash = (): NamedPartition => ({ partition: 'hash' })
/**
 * By ranges of keys, cut where a sample of the input says that the parts get about equally large: part after part the
 * output is one sorted whole. As Hadoop's TotalOrderPartitioner with its sampler run for you.
 */
export const range = (): NamedPartition => ({ partition: 'range' })

export const partitionNames: readonly string[] = ['hash', 'range']

export function isNamedPartition(value: unknown): value is NamedPartition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'partition' in value &&
    typeof value.partition === 'string' &&
    partitionNames.includes(value.partition)
  )
}

/**
 * The first keys of partitions 1, 2, … of `partitions`, from a sample of keys in any order. Fewer than asked for when
 * the sample holds too few different keys; the last partitions are empty then.
 */
export function cutKeys(sample: readonly EncodedKey[], partitions: number): EncodedKey[] {
  const inOrder = [...sample].sort(compareEncoded)
  const cuts: EncodedKey[] = []
  for (let p = 1; p < partitions; p++) {
    const cut = inOrder[Math.floor((p * inOrder.length) / partitions)]
    const last = cuts.at(-1)
    if (cut !== undefined && (last === undefined || compareEncoded(last, cut) < 0)) cuts.push(cut)
  }
  return cuts
}

function compareEncoded(a: EncodedKey, b: EncodedKey): number {
  return a.keyKind - b.keyKind || Buffer.compare(a.key, b.key)
}

/** The partition of a key: how many cuts are not above it. */
export function rangeOf(
  cuts: readonly EncodedKey[],
): (bytes: Uint8Array, keyKind: number, start: number, end: number) => number {
  const kinds = Uint8Array.from(cuts, ({ keyKind }) => keyKind)
  const keys = cuts.map(({ key }) => Buffer.from(key))
  return (bytes, keyKind, start, end) => {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAbove(kinds[middle] ?? 0, keys[middle] ?? bytes, keyKind, bytes, start, end)) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Whether a cut lies above a key. Byte by byte: the first few decide, and a native call costs more than those. */
function isAbove(
  cutKind: number,
  cut: Uint8Array,
  keyKind: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (cutKind !== keyKind) return cutKind > keyKind
  const both = Math.min(cut.length, end - start)
  for (let i = 0; i < both; i++) {
    const difference = (cut[i] ?? 0) - (bytes[start + i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return cut.length > end - start
}

/** Where the part of a key ends that decides its partition. */
export function groupedEnd(bytes: Uint8Array, keyKind: number, start: number, end: number, groupBy: number): number {
  return groupBy > 0 && keyKind === kind.Tuple ? tuplePrefixEnd(bytes, start, end, groupBy) : end
}
