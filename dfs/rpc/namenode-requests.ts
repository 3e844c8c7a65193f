import * as z from 'zod'
import { limits } from '../base/config.ts'
import { DfsError } from '../base/errors.ts'
import { blockId, datanodeId, fileId, generationStamp } from '../base/ids.ts'
import type { CareProtocol, NamespaceProtocol } from '../client/protocol.ts'
import { otherBuild } from './hello.ts'

/** What a client may ask over a socket: each method with the shape of its request. Meaning is checked by the namenode itself. */

const text = z.string().max(limits.pathBytesMax)
const name = z.string().max(1024)
const count = z.number().int().nonnegative()
const whole = z.number().int()
const optional = <T extends z.ZodType>(type: T) => z.exactOptional(type)
const user = { user: name }
const path = { ...user, path: text }
const file = count.transform(fileId)
const block = count.transform(blockId)
const generation = count.transform(generationStamp)
const datanode = name.transform(datanodeId)
const datanodes = z.array(datanode).max(limits.datanodesMax * 4)
const shape = {
  replication: optional(whole),
  blockSize: optional(whole),
  permission: optional(whole),
  holder: name,
}
const published = z.array(z.object({ name, file })).max(limits.directoryEntriesMax)
const bad = z.object({
  block,
  datanode,
  path: text,
  reason: z.enum(['missing', 'corrupt', 'io']),
  detail: z.string().max(64 * 1024),
})
const quota = optional(z.nullable(whole))

export interface Namenode {
  readonly namespace: NamespaceProtocol
  readonly care: CareProtocol
}

type Call = (namenode: Namenode, request: unknown) => Promise<unknown>

function call<T extends z.ZodType>(
  type: T,
  method: (namenode: Namenode, request: z.output<T>) => Promise<unknown>,
): Call {
  // Parsing is done at once: what a request changes is decided in the turn in which it came.
  return (namenode, request) => method(namenode, type.parse(request))
}

const onUser = z.object(user)
const onPath = z.object(path)

const calls: Readonly<Record<keyof NamespaceProtocol | keyof CareProtocol, Call>> = {
  find: call(onPath, (n, r) => n.namespace.find(r)),
  list: call(z.object({ ...path, startAfter: optional(text), limit: optional(count) }), (n, r) => n.namespace.list(r)),
  summary: call(onPath, (n, r) => n.namespace.summary(r)),
  access: call(z.object({ ...path, mode: z.enum(['r', 'w', 'x', 'rw', 'rx', 'wx', 'rwx']) }), (n, r) =>
    n.namespace.access(r),
  ),
  locate: call(onPath, (n, r) => n.namespace.locate(r)),
  status: call(onUser, (n, r) => n.namespace.status(r)),
  serverDefaults: call(onUser, (n, r) => n.namespace.serverDefaults(r)),
  mkdir: call(z.object({ ...path, parents: z.boolean(), permission: optional(whole) }), (n, r) => n.namespace.mkdir(r)),
  create: call(z.object({ ...path, ...shape, overwrite: z.boolean(), parents: z.boolean() }), (n, r) =>
    n.namespace.create(r),
  ),
  createDetached: call(z.object({ ...user, ...shape }), (n, r) => n.namespace.createDetached(r)),
  reopen: call(z.object({ ...path, keep: z.union([z.literal('all'), count]), holder: name }), (n, r) =>
    n.namespace.reopen(r),
  ),
  delete: call(z.object({ ...path, recursive: z.boolean() }), (n, r) => n.namespace.delete(r)),
  rename: call(z.object({ ...user, from: text, to: text, overwrite: z.boolean() }), (n, r) => n.namespace.rename(r)),
  concat: call(z.object({ ...path, sources: z.array(text).max(limits.directoryEntriesMax) }), (n, r) =>
    n.namespace.concat(r),
  ),
  setTimes: call(z.object({ ...path, modificationTime: optional(whole), accessTime: optional(whole) }), (n, r) =>
    n.namespace.setTimes(r),
  ),
  setReplication: call(z.object({ ...path, replication: whole, wait: z.boolean() }), (n, r) =>
    n.namespace.setReplication(r),
  ),
  setPermission: call(z.object({ ...path, permission: whole }), (n, r) => n.namespace.setPermission(r)),
  setOwner: call(z.object({ ...path, owner: optional(name), group: optional(name) }), (n, r) =>
    n.namespace.setOwner(r),
  ),
  setQuota: call(z.object({ ...path, names: quota, space: quota }), (n, r) => n.namespace.setQuota(r)),
  publish: call(z.object({ ...user, directory: text, files: published, overwrite: z.boolean() }), (n, r) =>
    n.namespace.publish(r),
  ),
  allowSnapshot: call(onPath, (n, r) => n.namespace.allowSnapshot(r)),
  disallowSnapshot: call(onPath, (n, r) => n.namespace.disallowSnapshot(r)),
  createSnapshot: call(z.object({ ...path, name: optional(name) }), (n, r) => n.namespace.createSnapshot(r)),
  deleteSnapshot: call(z.object({ ...path, name }), (n, r) => n.namespace.deleteSnapshot(r)),
  renameSnapshot: call(z.object({ ...path, from: name, to: name }), (n, r) => n.namespace.renameSnapshot(r)),
  snapshotDiff: call(z.object({ ...path, from: name, to: name }), (n, r) => n.namespace.snapshotDiff(r)),
  snapshottableDirectories: call(onUser, (n, r) => n.namespace.snapshottableDirectories(r)),
  snapshots: call(onPath, (n, r) => n.namespace.snapshots(r)),
  addBlock: call(
    z.object({ file, index: count, previousLength: count, writer: optional(datanode), excluded: datanodes }),
    (n, r) => n.namespace.addBlock(r),
  ),
  moreTargets: call(z.object({ block, count, excluded: datanodes }), (n, r) => n.namespace.moreTargets(r)),
  newGeneration: call(z.object({ file, block, previous: generation }), (n, r) => n.namespace.newGeneration(r)),
  synced: call(z.unknown(), (n) => n.namespace.synced()),
  complete: call(z.object({ file, lastLength: count }), (n, r) => n.namespace.complete(r)),
  abandon: call(z.object({ file }), (n, r) => n.namespace.abandon(r)),
  renewLease: call(z.object({ holder: name }), (n, r) => n.namespace.renewLease(r)),
  reportBad: call(z.object({ replicas: z.array(bad).max(100_000), wait: z.boolean() }), (n, r) => n.care.reportBad(r)),
  report: call(onUser, (n, r) => n.care.report(r)),
  fsck: call(z.object({ ...path, verify: z.boolean() }), (n, r) => n.care.fsck(r)),
  checkpoint: call(onUser, (n, r) => n.care.checkpoint(r)),
  safeMode: call(z.object({ ...user, action: z.enum(['enter', 'leave', 'get']) }), (n, r) => n.care.safeMode(r)),
  balance: call(z.object({ ...user, threshold: z.number().min(0).max(1) }), (n, r) => n.care.balance(r)),
  decommission: call(z.object({ ...user, datanode: name }), (n, r) => n.care.decommission(r)),
  recommission: call(z.object({ ...user, datanode: name }), (n, r) => n.care.recommission(r)),
  scrub: call(onUser, (n, r) => n.care.scrub(r)),
  notes: call(z.unknown(), (n) => n.care.notes()),
}

const byName: ReadonlyMap<string, Call> = new Map(Object.entries(calls))

/** Undefined for a method that clients have not. DFS_PROTOCOL when the request is not of its shape. */
export function namenodeCall(namenode: Namenode, method: string, request: unknown): Promise<unknown> | undefined {
  const found = byName.get(method)
  if (found === undefined) return undefined
  try {
    return found(namenode, request)
  } catch (error) {
    return Promise.reject(error instanceof z.ZodError ? malformed(method, error) : error)
  }
}

export function malformed(method: string, error: z.ZodError): DfsError {
  const [issue] = error.issues
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  return new DfsError(
    'DFS_PROTOCOL',
    `a request ${method} is malformed${where}: ${issue?.message ?? 'it has no shape'}; ${otherBuild}`,
    {
      cause: error,
    },
  )
}
