/** Fills `target`, one of the buffers, with what is at `position` of the file. */
export type Fill = (target: Uint8Array, position: number, buffer: number) => Promise<void>

export interface ReadAheadOptions {
  readonly start: number
  readonly end: number
  /** Pieces end on a multiple of it, so that all but the first begin on a chunk. */
  readonly pieceBytes: number
  /** Each as long as a piece, or as all there is. One is in use at a time, the others are being filled. */
  readonly buffers: readonly Uint8Array[]
  readonly fill: Fill
}

/** Bytes in order; while a piece is being used, the next are read. A piece is good until the next is asked for. */
export async function* readAhead(options: ReadAheadOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, end, pieceBytes, buffers, fill } = options
  const free = buffers.map((bytes, buffer) => ({ bytes, buffer }))
  const coming: Promise<{ target: Uint8Array; place: (typeof free)[number] }>[] = []
  let position = start
  const ask = (): void => {
    while (position < end) {
      const place = free.shift()
      if (place === undefined) return
      const target = place.bytes.subarray(0, Math.min(pieceBytes - (position % pieceBytes), end - position))
      const piece = fill(target, position, place.buffer).then(() => ({ target, place }))
      // Whoever stops before it asks for nothing more; whoever goes on is told.
      piece.catch(() => undefined)
      coming.push(piece)
      position += target.length
    }
  }
  try {
    for (;;) {
      ask()
      const piece = await coming.shift()
      if (piece === undefined) return
      yield piece.target
      free.push(piece.place)
    }
  } finally {
    await Promise.allSettled(coming)
  }
}
