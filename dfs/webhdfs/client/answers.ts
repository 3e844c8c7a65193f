import * as z from 'zod'
import { DfsError } from '../../base/errors.ts'
import { fileId } from '../../base/ids.ts'
import { childPath } from '../../base/path.ts'
import type { FileStatus, SnapshotDiffEntry } from '../../client/status.ts'

/** The shapes of WebHDFS's answers, as far as they are used; further keys are passed over, as its documentation asks. */

const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER)
/** -1 is none; so is Java's greatest long. */
const quota = z.number().transform((value) => (value < 0 || value > Number.MAX_SAFE_INTEGER ? -1 : value))
const name = z.string().max(65_536)

const status = z.object({
  pathSuffix: z
    .string()
    .max(65_536)
    .refine((suffix) => !/[/\0]/.test(suffix) && suffix !== '.' && suffix !== '..', 'no name for a file'),
  type: z.enum(['FILE', 'DIRECTORY', 'SYMLINK']),
  length: count,
  owner: name,
  group: name,
  permission: z.string().regex(/^[0-7]{1,6}$/),
  replication: count,
  blockSize: count,
  modificationTime: z.number(),
  accessTime: z.number(),
  fileId: count.default(0),
  childrenNum: count.catch(0),
  snapshotEnabled: z.boolean().optional(),
})

export type StatusAnswer = z.infer<typeof status>

const listing = z.object({ FileStatuses: z.object({ FileStatus: z.array(status) }) })

export const answers = {
  status: z.object({ FileStatus: status }),
  listing,
  batch: z.object({ DirectoryListing: z.object({ partialListing: listing, remainingEntries: count }) }),
  summary: z.object({
    ContentSummary: z.object({
      directoryCount: count,
      fileCount: count,
      length: count,
      spaceConsumed: count,
      quota,
      spaceQuota: quota,
    }),
  }),
  checksum: z.object({ FileChecksum: z.object({ algorithm: name, bytes: z.string().regex(/^[0-9a-fA-F]*$/) }) }),
  path: z.object({ Path: z.string().startsWith('/').max(65_536) }),
  fsStatus: z.object({ FsStatus: z.object({ capacity: count, used: count, remaining: count }) }),
  serverDefaults: z.object({
    FsServerDefaults: z.object({
      blockSize: count,
      replication: count,
      bytesPerChecksum: count,
      writePacketSize: count,
      trashInterval: count.default(0),
    }),
  }),
  blockLocations: z.object({
    BlockLocations: z.object({
      BlockLocation: z.array(
        z.object({
          offset: count,
          length: count,
          hosts: z.array(name),
          names: z.array(name),
          topologyPaths: z.array(name).default([]),
          corrupt: z.boolean().default(false),
        }),
      ),
    }),
  }),
  boolean: z.object({ boolean: z.boolean() }),
  snapshotDiff: z.object({
    SnapshotDiffReport: z.object({
      diffList: z.array(z.object({ type: z.string(), sourcePath: z.string(), targetPath: z.string().nullish() })),
    }),
  }),
  snapshottable: z.object({
    SnapshottableDirectoryList: z.array(
      z.object({ dirStatus: status, parentFullPath: z.string().startsWith('/'), snapshotNumber: count }),
    ),
  }),
  snapshots: z.object({ SnapshotList: z.array(z.object({ dirStatus: status, snapshotID: count.default(0) })) }),
  failure: z.object({
    RemoteException: z.object({
      exception: z.string(),
      javaClassName: z.string().optional(),
      message: z.string().nullish(),
      code: z.string().optional(),
    }),
  }),
} as const

/** JSON in the shape that is due; DFS_PROTOCOL says what is wrong with it. */
export function parseAnswer<T>(text: string, shape: z.ZodType<T>, asked: string): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80))
    throw new DfsError('DFS_PROTOCOL', `${asked}: the answer is no JSON, it begins with ${start}`, { cause })
  }
  const parsed = shape.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.')
  throw new DfsError('DFS_PROTOCOL', `${asked}: the answer is not what WebHDFS says: ${where}: ${issue?.message}`, {
    cause: parsed.error,
  })
}

/** A status out of a listing of `directory`, or, with an empty suffix, of the path itself. */
export function fileStatus(told: StatusAnswer, asked: string): FileStatus {
  const directory = told.type === 'DIRECTORY'
  return {
    path: told.pathSuffix === '' ? asked : childPath(asked, told.pathSuffix),
    kind: directory ? 'directory' : 'file',
    length: told.length,
    replication: told.replication,
    blockSize: told.blockSize,
    modificationTime: told.modificationTime,
    accessTime: told.accessTime,
    owner: told.owner,
    group: told.group,
    permission: Number.parseInt(told.permission, 8) & 0o1777,
    fileId: fileId(told.fileId),
    childrenCount: directory ? told.childrenNum : 0,
    ...(told.snapshotEnabled === true ? { snapshottable: true } : {}),
  }
}

const diffTypes: Readonly<Record<string, SnapshotDiffEntry['type']>> = {
  CREATE: 'create',
  '+': 'create',
  MODIFY: 'modify',
  M: 'modify',
  DELETE: 'delete',
  '-': 'delete',
  RENAME: 'rename',
  R: 'rename',
}

export function snapshotDiffEntry(told: {
  readonly type: string
  readonly sourcePath: string
  readonly targetPath?: string | null | undefined
}): SnapshotDiffEntry {
  const type = diffTypes[told.type.toUpperCase()]
  if (type === undefined) throw new DfsError('DFS_PROTOCOL', `a snapshot diff tells of ${JSON.stringify(told.type)}`)
  return { type, source: told.sourcePath, ...(told.targetPath ? { target: told.targetPath } : {}) }
}
