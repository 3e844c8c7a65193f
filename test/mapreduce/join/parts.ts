import { Encoder } from '../../../mapreduce/record/encode.ts'
import { hashKey, partitionOf } from '../../../mapreduce/record/hash.ts'
import { lines, type Row } from './join-fixture.ts'

function encoded(row: Row, composite: boolean): { kind: number; bytes: Buffer } {
  const encoder = new Encoder()
  const nullable = (text: string): string | null => (text === '' ? null : text)
  const kind = encoder.key(composite ? [nullable(row.a), nullable(row.b)] : nullable(row.a))
  return { kind, bytes: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
}

/** Rows as a job with so many reducers leaves them: partitioned by the hash of the key, each part sorted by it. */
export function hashedParts(rows: readonly Row[], parts: number, composite = false): string[] {
  const keyed = rows.map((row) => ({ row, ...encoded(row, composite) }))
  return Array.from({ length: parts }, (_, part) => {
    const own = keyed.filter(({ kind, bytes }) => partitionOf(hashKey(bytes, kind, 0, bytes.length), parts) === part)
    own.sort((x, y) => x.kind - y.kind || x.bytes.compare(y.bytes))
    return lines(own.map(({ row }) => row))
  })
}
