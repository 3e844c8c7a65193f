/** Shorter ranges are copied by a loop: a call of the kernel costs more, or making a view. */
const LOOP_MAX = 16
const LOOP_MAX_WITHOUT_KERNEL = 192

let arena: Buffer | undefined
let copyInArena: (to: number, from: number, length: number) => void = () => {}

/**
 * Tells the thread's arena (a view on all of it) and the kernel that copies within it, at a tenth of the price of `set` on a
 * `subarray`, which has to make an object first. A thread has one arena; ranges of other buffers are copied all the same.
 */
export function useArena(bytes: Buffer, copy: (to: number, from: number, length: number) => void): void {
  arena = bytes
  copyInArena = copy
}

/**
 * Where a buffer begins in the arena, or -1 when it lies elsewhere. To be asked once for a buffer and not for a record:
 * `buffer` of a typed array costs as much as copying a hundred bytes.
 */
export function arenaOffset(buffer: Buffer): number {
  return arena !== undefined && buffer.buffer === arena.buffer ? buffer.byteOffset - arena.byteOffset : -1
}

/** The same bytes as a view on all of the arena and an offset into it; what lies elsewhere is itself. */
export function inArena(buffer: Buffer): { readonly bytes: Buffer; readonly offset: number } {
  const offset = arenaOffset(buffer)
  return offset < 0 || arena === undefined ? { bytes: buffer, offset: 0 } : { bytes: arena, offset }
}

/**
 * Copies a byte range; the two do not overlap. `toOffset` is what `arenaOffset` says of `to`. Fast where `from` is the view
 * on all of the arena.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
  toOffset = -1,
): void {
  const length = end - start
  const near = toOffset >= 0 && from === arena
  if (length < (near ? LOOP_MAX : LOOP_MAX_WITHOUT_KERNEL)) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i] ?? 0
  } else if (near) copyInArena(toOffset + at, start, length)
  else to.set(from.subarray(start, end), at)
}
