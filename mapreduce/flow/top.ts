import type { Decoded, Decoder } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import { Text } from '../record/text.ts'

/**
 * The first so many rows in the order of a key, held while all others pass. Rows travel to it and between its partial
 * results as bytes:
 *
 *   packed := key length u32 LE | key kind u8 | key | row kind u8 | row
 */
const HEADER_BYTES = 5

/** Packs rows with their keys. */
export class TopPacker {
  private readonly keys = new Encoder()
  private readonly rows = new Encoder()

  pack(key: unknown, row: unknown): Buffer {
    const { keys, rows } = this
    const keyKind = keys.key(key)
    const rowKind = rows.value(row)
    const packed = Buffer.allocUnsafe(HEADER_BYTES + keys.length + 1 + rows.length)
    packed.writeUInt32LE(keys.length, 0)
    packed[4] = keyKind
    keys.bytes.copy(packed, HEADER_BYTES, 0, keys.length)
    packed[HEADER_BYTES + keys.length] = rowKind
    rows.bytes.copy(packed, HEADER_BYTES + keys.length + 1, 0, rows.length)
    return packed
  }
}

/** The row of a packed one; good until the next. */
export function unpackRow(packed: Buffer, decoder: Decoder): Decoded {
  const at = HEADER_BYTES + packed.readUInt32LE(0)
  return decoder.decode(packed, packed[at] ?? 0, at + 1, packed.length)
}

/** The first `n` of packed rows, in order; of equal keys those that came first. */
export function firstOf(n: number, packed: Iterable<unknown>): Buffer[] {
  // A heap with the last of those held on top; of equal keys the one that came last is the last.
  const heap: { readonly packed: Buffer; readonly came: number }[] = []
  let came = 0
  for (const value of packed) {
    if (!(value instanceof Text)) throw new TypeError('a packed row is bytes')
    const order = came++
    const { buffer, start, end } = value
    const last = heap[0]
    if (heap.length === n && last !== undefined && comparePacked(buffer, start, last.packed, 0) >= 0) continue
    const item = { packed: Buffer.from(buffer.subarray(start, end)), came: order }
    if (heap.length < n) {
      heap.push(item)
      siftUp(heap, heap.length - 1)
    } else {
      heap[0] = item
      siftDown(heap)
    }
  }
  return heap.sort(inOrder).map((item) => item.packed)
}

interface Held {
  readonly packed: Buffer
  readonly came: number
}

const inOrder = (a: Held, b: Held): number => comparePacked(a.packed, 0, b.packed, 0) || a.came - b.came

function comparePacked(a: Buffer, aAt: number, b: Buffer, bAt: number): number {
  const aKey = aAt + HEADER_BYTES
  const bKey = bAt + HEADER_BYTES
  const kinds = (a[aAt + 4] ?? 0) - (b[bAt + 4] ?? 0)
  return kinds !== 0 ? kinds : a.compare(b, bKey, bKey + b.readUInt32LE(bAt), aKey, aKey + a.readUInt32LE(aAt))
}

function siftUp(heap: Held[], from: number): void {
  let at = from
  while (at > 0) {
    const above = (at - 1) >>> 1
    if (!swapIfLater(heap, at, above)) return
    at = above
  }
}

function siftDown(heap: Held[]): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    const [a, b] = [heap[left], heap[right]]
    if (a === undefined) return
    const below = b !== undefined && inOrder(b, a) > 0 ? right : left
    if (!swapIfLater(heap, below, at)) return
    at = below
  }
}

/** Puts the later of two above; false when it is there already. */
function swapIfLater(heap: Held[], below: number, above: number): boolean {
  const [a, b] = [heap[below], heap[above]]
  if (a === undefined || b === undefined || inOrder(a, b) <= 0) return false
  heap[above] = a
  heap[below] = b
  return true
}
