import type { Dfs } from '../../dfs/index.ts'

/** Bytes that differ at every offset and compress badly; the same for the same length and seed. */
export function patterned(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = (seed * 2_654_435_761 + length) >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state & 0xff
  }
  return bytes
}

export async function writeFile(dfs: Dfs, path: string, bytes: Uint8Array, step = 100_000): Promise<void> {
  const writer = await dfs.create(path)
  for (let i = 0; i < bytes.length; i += step) await writer.write(bytes.subarray(i, i + step))
  await writer.close()
}

export async function readAll(dfs: Dfs, path: string): Promise<Buffer> {
  const reader = await dfs.open(path)
  const pieces: Buffer[] = []
  try {
    for await (const piece of reader.stream()) pieces.push(Buffer.from(piece))
  } finally {
    await reader.close()
  }
  return Buffer.concat(pieces)
}
