import * as z from 'zod'
import { limits } from '../base/config.ts'
import { blockId, datanodeId, generationStamp } from '../base/ids.ts'
import type { RpcClient } from './client.ts'
import type { DatanodeProtocol } from './datanode-protocol.ts'
import { malformed } from './namenode-requests.ts'

/** The requests of datanodes, checked like those of clients. */

const count = z.number().int().nonnegative()
const name = z.string().max(1024)
const path = z.string().max(limits.pathBytesMax)
const id = name.transform(datanodeId)
const session = { node: count, session: count }
const reported = { ...session, sequence: count }
const key = { block: count.transform(blockId), generation: count.transform(generationStamp) }
const optional = <T extends z.ZodType>(type: T) => z.exactOptional(type)
const size = optional(z.number().nonnegative())

type Call = (namenode: DatanodeProtocol, request: unknown) => Promise<unknown>

function call<T extends z.ZodType>(
  type: T,
  method: (namenode: DatanodeProtocol, request: z.output<T>) => Promise<unknown>,
): Call {
  return (namenode, request) => method(namenode, type.parse(request))
}

const calls: Readonly<Record<keyof DatanodeProtocol, Call>> = {
  register: call(
    z.object({
      id: optional(id),
      directory: path,
      rack: optional(name),
      address: z.object({ host: name, port: count.max(65_535) }),
      pid: count,
      uuid: name,
      space: optional(z.object({ capacity: z.number().nonnegative(), free: z.number().nonnegative() })),
    }),
    (n, r) => n.register(r),
  ),
  heartbeat: call(
    z.object({
      ...session,
      capacity: size,
      free: size,
      used: count,
      writers: count,
      failure: optional(z.string().max(64 * 1024)),
      reported: count,
    }),
    (n, r) => n.heartbeat(r),
  ),
  fullReport: call(z.object({ ...reported, replicas: z.string().max(limits.frameBytesMax) }), (n, r) =>
    n.fullReport(r),
  ),
  received: call(z.object({ ...reported, ...key, length: count }), (n, r) => n.received(r)),
  deleted: call(z.object({ ...reported, ...key }), (n, r) => n.deleted(r)),
  bad: call(z.object({ ...reported, ...key }), (n, r) => n.bad(r)),
  verified: call(z.object({ ...reported, ...key, length: count }), (n, r) => n.verified(r)),
  copyFailed: call(
    z.object({ ...reported, ...key, targets: z.array(id).max(limits.datanodesMax), reason: z.string() }),
    (n, r) => n.copyFailed(r),
  ),
  scrubbed: call(
    z.object({
      ...session,
      scrub: count,
      replicas: count,
      bytes: count,
      bad: z.array(z.object({ ...key, detail: z.string() })),
    }),
    (n, r) => n.scrubbed(r),
  ),
}

const byName: ReadonlyMap<string, Call> = new Map(Object.entries(calls))

/** Undefined for a method that datanodes have not. DFS_PROTOCOL when the request is not of its shape. */
export function datanodeCall(
  namenode: DatanodeProtocol,
  method: string,
  request: unknown,
): Promise<unknown> | undefined {
  const found = byName.get(method)
  if (found === undefined) return undefined
  try {
    return found(namenode, request)
  } catch (error) {
    return Promise.reject(error instanceof z.ZodError ? malformed(method, error) : error)
  }
}

/** The namenode at the other end of a socket, as datanodes know it. */
export function namenodeOfDatanode(rpc: RpcClient): DatanodeProtocol {
  return {
    register: (request) => rpc.call('register', request),
    heartbeat: (request) => rpc.call('heartbeat', request),
    fullReport: (request) => rpc.call('fullReport', request),
    received: (request) => rpc.call('received', request),
    deleted: (request) => rpc.call('deleted', request),
    bad: (request) => rpc.call('bad', request),
    verified: (request) => rpc.call('verified', request),
    copyFailed: (request) => rpc.call('copyFailed', request),
    scrubbed: (request) => rpc.call('scrubbed', request),
  }
}
