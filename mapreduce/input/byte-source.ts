import { closeSync, createWriteStream, fstatSync, openSync, readSync, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { BadReplica } from '../../dfs/index.ts'
import { DfsError, openReplicaReader } from '../../dfs/short-circuit.ts'
import { MrError } from '../base/errors.ts'
import { diskError, errorCode } from '../base/system-error.ts'
import type { InputFile } from '../master/task.ts'

/** Reads that start on a multiple of this and ask for one are the fastest: the DFS checks them in place. */
export const READ_ALIGN_BYTES = 64 * 1024

/** Positional, synchronous reads of one input file. */
export interface ByteSource {
  readonly length: number
  /** Replicas found bad on the way. */
  readonly bad: readonly BadReplica[]
  /** Fills target[offset, offset + length) from `position`; returns the bytes read, fewer only at the end. */
  read(target: Buffer, offset: number, position: number, length: number): number
  close(): void
}

/**
 * Opens an input file. A gzip file is inflated to `inflateTo` first, since splits and records need positions; the
 * caller removes that file, unless this fails. `beat` is called now and then meanwhile. Throws MR_BAD_INPUT when a file
 * is not what it was when the job was planned.
 */
export async function openSource(
  file: InputFile,
  preferNode: string,
  inflateTo: string,
  beat: () => void,
): Promise<ByteSource> {
  const source = openStored(file, preferNode)
  if (!file.gzip) return source
  try {
    await inflate(source, file.name, inflateTo, beat)
    return withBad(openLocal(inflateTo, file.name), source.bad)
  } catch (error) {
    rmSync(inflateTo, { force: true })
    throw error
  } finally {
    source.close()
  }
}

/** Opens an input file as it is stored: a gzip file's compressed bytes. Throws as `openSource` does. */
export function openStored(file: InputFile, preferNode: string): ByteSource {
  return file.kind === 'local' ? openLocal(file.path, file.name, file.length) : openBlocks(file, preferNode)
}

const lastingCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENXIO'])

function openLocal(path: string, name: string, planned?: number): ByteSource {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (cause) {
    // What is gone or forbidden stays so; anything else (too many open files, a disk's hiccup) is tried again.
    if (!lastingCodes.has(errorCode(cause) ?? '')) throw diskError(cause, 'opening', name)
    throw new MrError('MR_BAD_INPUT', `input ${name} can not be opened: ${String(cause)}`, { cause })
  }
  const { size } = fstatSync(fd)
  if (planned !== undefined && size !== planned) {
    closeSync(fd)
    throw new MrError(
      'MR_BAD_INPUT',
      `input ${name} has ${size} bytes, and had ${planned} when the job was planned; run the job again once nothing writes to it`,
    )
  }
  return {
    length: size,
    bad: [],
    read(target, offset, position, length) {
      let done = 0
      while (done < length) {
        let read: number
        try {
          read = readSync(fd, target, offset + done, length - done, position + done)
        } catch (error) {
          throw diskError(error, 'reading', name)
        }
        if (read === 0) break
        done += read
      }
      return done
    },
    close() {
      closeSync(fd)
    },
  }
}

function openBlocks(file: InputFile & { kind: 'dfs' }, preferNode: string): ByteSource {
  const reader = openReplicaReader(file.blocks, preferNode === '' ? {} : { preferNode })
  return {
    length: file.length,
    get bad() {
      return reader.bad
    },
    read(target, offset, position, length) {
      try {
        return reader.readInto(target, offset, position, length)
      } catch (cause) {
        if (!(cause instanceof DfsError)) throw cause
        throw new MrError(
          cause.code === 'DFS_NO_REPLICA' ? 'MR_BAD_INPUT' : 'MR_IO',
          `input ${file.name} can not be read: ${cause.message}`,
          { cause },
        )
      }
    },
    close: () => {
      reader.close()
    },
  }
}

function withBad(source: ByteSource, bad: readonly BadReplica[]): ByteSource {
  return { ...source, bad }
}

async function inflate(source: ByteSource, name: string, to: string, beat: () => void): Promise<void> {
  const chunk = Buffer.allocUnsafeSlow(4 * READ_ALIGN_BYTES)
  function* compressed(): Generator<Buffer> {
    for (let position = 0; position < source.length; ) {
      const read = source.read(chunk, 0, position, chunk.length)
      if (read === 0) return
      position += read
      beat()
      // The stream keeps what it is given until it has used it.
      yield Buffer.from(chunk.subarray(0, read))
    }
  }
  // An empty file inflates to nothing, as gunzip of no members.
  if (source.length === 0) {
    await pipeline(Readable.from([]), createWriteStream(to, { mode: 0o600 }))
    return
  }
  try {
    await pipeline(Readable.from(compressed()), createGunzip(), createWriteStream(to, { mode: 0o600 }))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && cause.code.startsWith('Z_')) {
      throw new MrError(
        'MR_BAD_INPUT',
        `input ${name} is named like gzip but can not be inflated: ${cause.message}; it is truncated, damaged or not gzip`,
        { cause },
      )
    }
    throw diskError(cause, `inflating ${name} to`, to)
  }
}
