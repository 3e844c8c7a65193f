import fs from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { Dfs, FileSystem } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { diskError, errorCode } from '../output/disk.ts'
import type { DataPath, OpenRemote } from './job-options.ts'
import { shown } from './output-place.ts'
import { openPlace } from './remote-place.ts'
import type { SideBytes } from './task.ts'

/** All side files together; what is larger is an input, and wants a join. */
export const SIDE_BYTES_MAX = 256 * 1024 * 1024

/**
 * Reads a job's side files, each once, into memory that all threads share. MR_NO_INPUT when one is not there, MR_MEMORY
 * over the limit.
 */
export async function readSides(
  sides: Readonly<Record<string, DataPath>>,
  openDfs: () => Promise<Dfs>,
  openRemote?: OpenRemote,
): Promise<SideBytes[]> {
  const read: SideBytes[] = []
  let room = SIDE_BYTES_MAX
  for (const [name, path] of Object.entries(sides)) {
    const packed = await readPacked(name, path, room, openDfs, openRemote)
    const bytes = path.path.endsWith('.gz') ? inflate(name, shown(path), packed, room) : packed
    room -= bytes.length
    const shared = new SharedArrayBuffer(bytes.length)
    bytes.copy(Buffer.from(shared))
    read.push({ name, path: shown(path), bytes: shared })
  }
  return read
}

async function readPacked(
  name: string,
  path: DataPath,
  room: number,
  openDfs: () => Promise<Dfs>,
  openRemote: OpenRemote | undefined,
): Promise<Buffer> {
  switch (path.kind) {
    case 'local':
      return await readLocal(name, path.path, room)
    case 'dfs':
      return await readTree(name, path, await openDfs(), path.path, room)
    case 'webhdfs': {
      const { fileSystem, inside } = await openPlace(path.path, openRemote)
      return await readTree(name, path, fileSystem, inside, room)
    }
  }
}

async function readLocal(name: string, path: string, room: number): Promise<Buffer> {
  try {
    const handle = await fs.open(path, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isDirectory()) throw notAFile(name, path)
      if (stat.size > room) throw tooLarge(name, path)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw missing(name, path)
    throw error instanceof MrError ? error : diskError(error, 'reading', path)
  }
}

async function readTree(
  name: string,
  path: DataPath,
  fileSystem: FileSystem,
  inside: string,
  room: number,
): Promise<Buffer> {
  const status = await fileSystem.find(inside)
  if (status === undefined) throw missing(name, shown(path))
  if (status.kind !== 'file') throw notAFile(name, shown(path))
  const reader = await fileSystem.open(inside)
  try {
    if (reader.length > room) throw tooLarge(name, shown(path))
    const bytes = Buffer.allocUnsafeSlow(reader.length)
    for (let at = 0; at < bytes.length; ) {
      const got = await reader.read(bytes.subarray(at), at)
      if (got === 0) throw new MrError('MR_IO', `--side ${name}: ${shown(path)} ended before its length`)
      at += got
    }
    return bytes
  } finally {
    await reader.close()
  }
}

function inflate(name: string, path: string, packed: Buffer, room: number): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: room })
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, path)
    const message = error instanceof Error ? error.message : String(error)
    throw new MrError('MR_BAD_INPUT', `--side ${name}: ${path} is no whole gzip file: ${message}`, { cause: error })
  }
}

const missing = (name: string, path: string): MrError =>
  new MrError('MR_NO_INPUT', `--side ${name}: there is no file ${path}`)
const notAFile = (name: string, path: string): MrError =>
  new MrError('MR_NO_INPUT', `--side ${name}: ${path} is no file`)
const tooLarge = (name: string, path: string): MrError =>
  new MrError(
    'MR_MEMORY',
    `--side ${name}: with ${path} the side files have more than ${SIDE_BYTES_MAX} bytes (256 MiB), which every job has to hold in memory. Make it an input and join it`,
  )
