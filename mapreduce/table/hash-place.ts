import { tuplePrefixEnd } from '../record/encode.ts'
import { hashKey, partitionOf } from '../record/hash.ts'
import { kind } from '../record/kind.ts'

/** A part among the parts of an output, and how keys are spread over them unless the job has its own way. */
export interface HashPlace {
  readonly partition: number
  /** 0: there is no such order, as in the output of a map-only job. */
  readonly partitions: number
  /** Tuple keys are spread by their first fields; 0: by all. */
  readonly groupBy: number
}

/** The part that a key's hash names. */
export function partitionOfKey(bytes: Buffer, keyKind: number, start: number, end: number, place: HashPlace): number {
  const { groupBy, partitions } = place
  if (partitions === 1) return 0
  const hashed = groupBy > 0 && keyKind === kind.Tuple ? tuplePrefixEnd(bytes, start, end, groupBy) : end
  return partitionOf(hashKey(bytes, keyKind, start, hashed), partitions)
}
