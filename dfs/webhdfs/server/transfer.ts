import { DfsError } from '../../base/errors.ts'
import type { DfsReader, DfsWriter } from '../../client/file-system.ts'
import { fileChecksumJson } from '../json.ts'
import { type Call, isSecondStep, secondStep, wantsNoRedirect } from './call.ts'
import * as parameter from './dictionary.ts'
import { WebHdfsFailure } from './failure.ts'
import { served } from './operation.ts'
import { take } from './parameter.ts'
import { encodePath } from './query.ts'
import { done, json, type Reply } from './reply.ts'

/**
 * Operations that move bytes, each in two requests. In HDFS the first one goes to the namenode and the second to a datanode;
 * here both come to the same server, told apart by a parameter of the redirect. A client that sends the bytes with the
 * first one is served at once, unless it waits for `100 Continue`: then it has sent none yet, and is redirected.
 */

async function mustBeFile({ dfs, path }: Call): Promise<number> {
  const status = await dfs.find(path)
  if (status === undefined) throw new WebHdfsFailure('notFound', `File ${path} not found.`)
  if (status.kind === 'directory') throw notFile(path)
  return status.length
}

const notFile = (path: string): WebHdfsFailure => new WebHdfsFailure('notAFile', `Path is not a file: ${path}`)

function checkOffset(call: Call, length: number): number {
  const offset = take(call.query, parameter.offset)
  if (offset < length || (offset === 0 && length === 0)) return offset
  throw new WebHdfsFailure('outOfRange', `Offset=${offset} out of the range [0, ${length}); OPEN, path=${call.path}`)
}

async function open(call: Call): Promise<Reply> {
  if (!isSecondStep(call)) {
    checkOffset(call, await mustBeFile(call))
    return secondStep(call)
  }
  const reader = await openFile(call)
  try {
    const start = checkOffset(call, reader.length)
    const end = Math.min(reader.length, start + (take(call.query, parameter.length) ?? reader.length))
    return {
      kind: 'pieces',
      type: 'application/octet-stream',
      length: end - start,
      pieces: reader.stream({ start, end }),
      close: () => reader.close(),
    }
  } catch (error) {
    await reader.close()
    throw error
  }
}

async function openFile({ dfs, path }: Call): Promise<DfsReader> {
  try {
    return await dfs.open(path)
  } catch (error) {
    throw error instanceof DfsError && error.code === 'DFS_IS_DIRECTORY' ? notFile(path) : error
  }
}

/** The bytes of a request that brings them, the first piece already taken; undefined where it has to come again with them. */
async function bytesOf(call: Call): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { body } = call
  if (isSecondStep(call)) return body.pieces()
  if (body.held || !body.announced || wantsNoRedirect(call)) return undefined
  // A first request may be chunked and yet have nothing to say.
  const pieces = body.pieces()
  const first = await pieces.next()
  if (first.done === true) return undefined
  return following(first.value, pieces)
}

async function* following<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

/** All or nothing: whatever goes wrong, on either side, leaves the DFS as it was. */
async function write(writer: DfsWriter, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of bytes) await writer.write(piece)
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

async function create(call: Call): Promise<Reply> {
  const { dfs, path, query, authority } = call
  const flags = take(query, parameter.createFlag)
  if (flags.has('APPEND'))
    throw new WebHdfsFailure('unsupported', 'createflag=append is not supported; op=APPEND adds to a file')
  const bytes = await bytesOf(call)
  if (bytes === undefined) return secondStep(call)
  const blockSize = take(query, parameter.blockSize)
  const replication = take(query, parameter.replication)
  const options = {
    overwrite: take(query, parameter.overwrite) || flags.has('OVERWRITE'),
    parents: take(query, parameter.createParent),
    permission: take(query, parameter.permission) ?? 0o644,
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(replication === undefined ? {} : { replication }),
  }
  await write(await opened(dfs.create(path, options), path), bytes)
  return { kind: 'empty', status: 201, location: `webhdfs://${authority}${encodePath(path)}` }
}

/** HDFS calls a directory in the way of a file one that already exists. */
async function opened(writer: Promise<DfsWriter>, path: string): Promise<DfsWriter> {
  try {
    return await writer
  } catch (error) {
    if (!(error instanceof DfsError) || error.code !== 'DFS_IS_DIRECTORY') throw error
    throw new WebHdfsFailure('directoryExists', `${path} already exists as a directory`)
  }
}

async function append(call: Call): Promise<Reply> {
  const { dfs, path } = call
  const bytes = await bytesOf(call)
  if (bytes === undefined) {
    await mustBeFile(call)
    return secondStep(call)
  }
  await write(await opened(dfs.append(path), path), bytes)
  return done
}

async function checksum(call: Call): Promise<Reply> {
  await mustBeFile(call)
  if (!isSecondStep(call)) return secondStep(call)
  return json({ FileChecksum: fileChecksumJson(await call.dfs.checksum(call.path)) })
}

export const transfers = {
  OPEN: served([parameter.offset, parameter.length, parameter.bufferSize, parameter.noRedirect], open),
  GETFILECHECKSUM: served([parameter.noRedirect], checksum),
  CREATE: served(
    [
      parameter.overwrite,
      parameter.blockSize,
      parameter.replication,
      parameter.permission,
      parameter.bufferSize,
      parameter.createParent,
      parameter.createFlag,
      parameter.noRedirect,
    ],
    create,
  ),
  APPEND: served([parameter.bufferSize, parameter.noRedirect], append),
} as const
