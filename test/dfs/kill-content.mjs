// What a file of a given name holds, so that a file seen after a crash can be judged by its name alone.
import { createHash } from 'node:crypto'

export function contentOf(name) {
  const seed = createHash('sha256').update(name).digest()
  const length = seed.readUInt32LE(0) % (seed[4] < 64 ? 1_500_000 : 60_000)
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i += 32) seed.copy(bytes, i, 0, Math.min(32, length - i))
  for (let i = 0; i + 4 <= length; i += 4096) bytes.writeUInt32LE(i, i)
  return bytes
}
