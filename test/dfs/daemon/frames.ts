/** The frames of rpc/frame.ts, made and read by hand. */

/** Text goes as it is, anything else as JSON. */
export function frame(value: unknown): Buffer {
  const text = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const head = Buffer.alloc(4)
  head.writeUInt32LE(text.length)
  return Buffer.concat([head, text])
}

/** What whole frames, one behind the other, say. */
export function* framesIn(bytes: Uint8Array): Generator<Record<string, unknown>> {
  const all = Buffer.from(bytes)
  for (let at = 0; at < all.length; ) {
    const length = all.readUInt32LE(at)
    yield JSON.parse(all.subarray(at + 4, at + 4 + length).toString('utf8'))
    at += 4 + length
  }
}
