import { quoteState, SAME_STATE, stateAfter } from '../kernels/csv-scan.ts'
import { type ByteSource, READ_ALIGN_BYTES } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import { STRIPE_BYTES } from './quote-table.ts'

/** A stripe of which is known what it does. */
const KNOWN = 0x80
const LF = 10

export interface QuoteScan {
  readonly quote: number
  readonly delimiter: number
  /** Where the first record of the file begins, behind the byte order mark. */
  readonly first: number
  readonly known: Uint8Array
  /** Called between reads. */
  readonly beat: () => void
}

/**
 * The state of quotes right before the byte at `position`: outside, inside, or behind a quote that closes unless another
 * follows. Exact for any bytes: it follows from every quote before, and from nothing else. Uses the chunk.
 */
export function quoteStateAt(space: ChunkSpace, source: ByteSource, position: number, scan: QuoteScan): number {
  let state: number = quoteState.outside
  const whole = Math.floor(position / STRIPE_BYTES)
  for (let stripe = 0; stripe < whole; stripe++) {
    let known = scan.known[stripe] ?? 0
    if (known === 0) {
      known = KNOWN | scanStretch(space, source, stripe * STRIPE_BYTES, (stripe + 1) * STRIPE_BYTES, scan)
      if (stripe < scan.known.length) scan.known[stripe] = known
    }
    state = stateAfter(known, state)
  }
  return stateAfter(scanStretch(space, source, whole * STRIPE_BYTES, position, scan), state)
}

/** What the bytes of [start, end) do to the state. `start` is a multiple of a stripe. */
function scanStretch(space: ChunkSpace, source: ByteSource, start: number, end: number, scan: QuoteScan): number {
  const { quote, delimiter, first } = scan
  const { chunkAt, chunkBytes, arena, kernels } = space
  const { bytes } = arena
  let states = SAME_STATE
  let previous = start === 0 ? LF : byteBefore(space, source, start)
  for (let position = start; position < end; ) {
    const wanted = Math.ceil(Math.min(chunkBytes, end - position) / READ_ALIGN_BYTES) * READ_ALIGN_BYTES
    const read = source.read(bytes, chunkAt, position, wanted)
    scan.beat()
    if (read === 0) break
    const used = Math.min(read, end - position)
    const skip = Math.min(used, Math.max(0, first - position))
    bytes[chunkAt + skip - 1] = skip > 0 ? LF : previous
    states = kernels.quotes(chunkAt + skip, chunkAt + used, quote, delimiter, states)
    previous = bytes[chunkAt + used - 1] ?? 0
    position += read
  }
  return states
}

function byteBefore(space: ChunkSpace, source: ByteSource, position: number): number {
  const { bytes } = space.arena
  return source.read(bytes, space.chunkAt, position - 1, 1) === 1 ? (bytes[space.chunkAt] ?? 0) : 0
}
