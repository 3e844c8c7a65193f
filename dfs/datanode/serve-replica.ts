import { readBuffer } from '../base/bytes.ts'
import { dataChecksum } from '../base/data-checksum.ts'
import { DfsError } from '../base/errors.ts'
import type { BlockKey } from '../base/names.ts'
import type { FrameChannel } from '../rpc/frame.ts'
import { failure } from '../rpc/hello.ts'
import { encodeNotice, headBytes, kinds, packetBytesMax, writeHead } from '../transfer/format.ts'
import type { Datanode } from './datanode.ts'

/** A reader that asks for nothing for this long has forgotten us. */
const idleMillis = 60_000

/** Reads of one replica by someone who can not reach its files. Every piece is checked before it goes out. */
export async function serveReplica(datanode: Datanode, frames: FrameChannel, key: BlockKey): Promise<void> {
  const reader = await datanode.openReplica(key)
  const { channel } = frames
  try {
    frames.send({ ok: true, length: reader.length })
    const ask = Buffer.alloc(headBytes)
    const head = Buffer.alloc(headBytes)
    let buffer: Buffer = Buffer.alloc(0)
    for (;;) {
      await channel.receive(ask, idleMillis)
      const position = Number(ask.readBigUInt64LE(0))
      const bytes = ask.readUInt32LE(8)
      if (bytes > packetBytesMax || position + bytes > reader.length) {
        throw new DfsError(
          'DFS_PROTOCOL',
          `${channel.peer} asked for ${bytes} bytes at ${position} of ${reader.length}`,
        )
      }
      if (buffer.length < bytes) buffer = readBuffer(bytes)
      const piece = buffer.subarray(0, bytes)
      try {
        await reader.read(piece, position)
      } catch (error) {
        const { code, message } = failure(error)
        await channel.send(encodeNotice(kinds.failed, { code, message }))
        throw error
      }
      writeHead(head, kinds.data, bytes, 0)
      head.writeUInt32LE(dataChecksum(piece), 8)
      await channel.send(head, piece)
    }
  } finally {
    await reader.close()
  }
}
