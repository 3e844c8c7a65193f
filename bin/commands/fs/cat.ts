import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { streamFile } from './copy-out.ts'
import { PathError, reasons } from './failure.ts'
import type { FoundItem } from './path.ts'
import { type FsSession, isDirectory, type VerbCall } from './session.ts'

/** Hadoop's head and tail show this much. */
const kilobyte = 1024

export async function cat({ session, operands }: VerbCall): Promise<void> {
  await session.eachFound(operands, async (item) => {
    refuseDirectory(item)
    await streamFile(session, item.path, (chunk) => session.bytes(chunk))
  })
}

export async function text({ session, operands }: VerbCall): Promise<void> {
  await session.eachFound(operands, async (item) => {
    refuseDirectory(item)
    if (await isGzip(session, item.path)) await gunzip(session, item)
    else await streamFile(session, item.path, (chunk) => session.bytes(chunk))
  })
}

export async function head({ session, operands }: VerbCall): Promise<void> {
  await session.eachFound(operands, async (item) => {
    refuseDirectory(item)
    await streamFile(session, item.path, (chunk) => session.bytes(chunk), {
      end: Math.min(item.status.length, kilobyte),
    })
  })
}

export async function tail({ session, operands }: VerbCall): Promise<void> {
  await session.eachFound(operands, async (item) => {
    refuseDirectory(item)
    const start = Math.max(0, item.status.length - kilobyte)
    await streamFile(session, item.path, (chunk) => session.bytes(chunk), { start })
  })
}

function refuseDirectory({ shown, status }: FoundItem): void {
  if (isDirectory(status)) throw new PathError(shown, reasons.isDirectory)
}

/** By its first bytes, whatever the name says. */
async function isGzip(session: FsSession, path: string): Promise<boolean> {
  const reader = await session.dfs.open(path)
  try {
    const magic = Buffer.alloc(2)
    return (await reader.read(magic, 0)) === 2 && magic.readUInt16BE(0) === 0x1f8b
  } finally {
    await reader.close()
  }
}

async function gunzip(session: FsSession, { shown, path }: FoundItem): Promise<void> {
  const reader = await session.dfs.open(path)
  // Chunks of the reader are good until the next is asked for, but zlib keeps its own: each goes in as a copy.
  const compressed = Readable.from(copies(reader.stream()), { objectMode: false })
  const plain = createGunzip()
  compressed.on('error', (error) => plain.destroy(error))
  try {
    for await (const chunk of compressed.pipe(plain)) {
      session.checkAbort()
      await session.bytes(chunk)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new PathError(shown, `not readable as gzip: ${error.message}`, { cause: error })
    }
    throw error
  } finally {
    compressed.destroy()
    await reader.close()
  }
}

async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}
