import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { streamFile } from './copy-out.ts'
import { PathError, reasons, UsageError } from './failure.ts'
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

/** Milliseconds between two looks at a file that is followed, as in Hadoop. */
const followInterval = 5000

export async function tail({ session, flags, values, operands }: VerbCall): Promise<void> {
  const interval = Number(values.get('s') ?? followInterval)
  if (!Number.isSafeInteger(interval) || interval < 1) {
    throw new UsageError(`option -s needs milliseconds, got ${values.get('s')}`)
  }
  await session.eachFound(operands, async (item) => {
    refuseDirectory(item)
    let position = Math.max(0, item.status.length - kilobyte)
    for (let { length } = item.status; ; length = (await session.dfs.stat(item.path)).length) {
      // A file that was cut is followed from its new end.
      if (position > length) position = length
      if (position < length) {
        await streamFile(session, item.path, (chunk) => session.bytes(chunk), { start: position, end: length })
        position = length
      }
      if (!flags.has('f')) return
      await setTimeout(interval, undefined, { signal: session.io.signal })
    }
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
