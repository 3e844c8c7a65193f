import { normalizePath, trashRoot } from '../../base/path.ts'
import type { Dfs } from '../../client/dfs.ts'
import type { AccessMode, FileStatus } from '../../client/status.ts'
import {
  aclStatusJson,
  blockLocationJson,
  contentSummaryJson,
  entryJson,
  fileStatusJson,
  fsStatusJson,
  hotPolicyJson,
  quotaUsageJson,
  serverDefaultsJson,
} from '../json.ts'
import type { Call } from './call.ts'
import * as parameter from './dictionary.ts'
import { WebHdfsFailure } from './failure.ts'
import { locatedBlocksJson } from './located-blocks.ts'
import { served } from './operation.ts'
import { need, take } from './parameter.ts'
import { done, json, type Reply } from './reply.ts'

/** Operations that look at names and never at content. */

/** Entries of a listing that go out at once, HDFS's `dfs.ls.limit`. */
const LIST_LIMIT = 1000

const fileStatus = served([], async ({ dfs, path }) =>
  json({ FileStatus: fileStatusJson(await existing(dfs, path), '') }),
)

/** In HDFS's words, which clients look for. */
async function existing(dfs: Dfs, path: string): Promise<FileStatus> {
  const status = await dfs.find(path)
  if (status === undefined) throw new WebHdfsFailure('notFound', `File does not exist: ${path}`)
  return status
}

/** That it is there; in HDFS's words for listings, which end in a full stop. */
async function listed({ dfs, path }: Call): Promise<void> {
  if ((await dfs.find(path)) === undefined) throw new WebHdfsFailure('notFound', `File ${path} does not exist.`)
}

/** A directory may have a million entries: their JSON is made as it is sent. */
function* listingPieces(entries: readonly FileStatus[], parent: string): Generator<Buffer> {
  yield Buffer.from('{"FileStatuses":{"FileStatus":[')
  for (let from = 0; from < entries.length; from += LIST_LIMIT) {
    const some = entries.slice(from, from + LIST_LIMIT).map((entry) => JSON.stringify(entryJson(entry, parent)))
    yield Buffer.from(`${from === 0 ? '\n' : ',\n'}${some.join(',\n')}`)
  }
  yield Buffer.from('\n]}}\n')
}

async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

const nothingToClose = async (): Promise<void> => undefined

const accessModes = new Map<string, AccessMode>([
  ['r--', 'r'],
  ['-w-', 'w'],
  ['--x', 'x'],
  ['rw-', 'rw'],
  ['r-x', 'rx'],
  ['-wx', 'wx'],
  ['rwx', 'rwx'],
])

export const reading = {
  GETFILESTATUS: fileStatus,
  /** There are no links, so a link's own status is that of a file. */
  GETFILELINKSTATUS: fileStatus,

  LISTSTATUS: served([], async (call): Promise<Reply> => {
    await listed(call)
    const entries = await call.dfs.list(call.path)
    const pieces = asynchronous(listingPieces(entries, normalizePath(call.path)))
    return { kind: 'pieces', type: 'application/json', pieces, close: nothingToClose }
  }),

  LISTSTATUS_BATCH: served([parameter.startAfter], async (call) => {
    const after = take(call.query, parameter.startAfter)
    const parent = normalizePath(call.path)
    await listed(call)
    const page = { limit: LIST_LIMIT, ...(after === '' ? {} : { startAfter: after }) }
    const { entries, remaining } = await call.dfs.listPage(call.path, page)
    return json({
      DirectoryListing: {
        partialListing: { FileStatuses: { FileStatus: entries.map((entry) => entryJson(entry, parent)) } },
        remainingEntries: remaining,
      },
    })
  }),

  GETCONTENTSUMMARY: served([], async ({ dfs, path }) =>
    json({ ContentSummary: contentSummaryJson(await dfs.summary(path)) }),
  ),
  GETQUOTAUSAGE: served([], async ({ dfs, path }) => json({ QuotaUsage: quotaUsageJson(await dfs.summary(path)) })),
  GETHOMEDIRECTORY: served([], async ({ dfs }) => json({ Path: await dfs.home() })),
  GETTRASHROOT: served([], async ({ dfs }) => json({ Path: trashRoot(await dfs.home()) })),
  GETSERVERDEFAULTS: served([], async ({ dfs }) =>
    json({ FsServerDefaults: serverDefaultsJson(await dfs.serverDefaults()) }),
  ),
  GETSTATUS: served([], async ({ dfs }) => json({ FsStatus: fsStatusJson(await dfs.status()) })),

  GETFILEBLOCKLOCATIONS: served([parameter.offset, parameter.length], async ({ dfs, path, query }) => {
    const length = take(query, parameter.length)
    const range = { offset: take(query, parameter.offset), ...(length === undefined ? {} : { length }) }
    const locations = await dfs.blockLocations(path, range)
    return json({ BlockLocations: { BlockLocation: locations.map(blockLocationJson) } })
  }),
  GET_BLOCK_LOCATIONS: served([parameter.offset, parameter.length], async ({ dfs, path, query }) => {
    const from = take(query, parameter.offset)
    const to = from + (take(query, parameter.length) ?? Number.MAX_SAFE_INTEGER)
    const blocks = await dfs.locate(path)
    const within = blocks.filter((block) => block.offset < to && block.offset + block.length > from)
    return json({ LocatedBlocks: locatedBlocksJson(blocks, within) })
  }),

  CHECKACCESS: served([parameter.fsAction], async ({ dfs, path, query }) => {
    const mode = accessModes.get(need(query, parameter.fsAction, 'CHECKACCESS'))
    if (mode === undefined) await existing(dfs, path)
    else await dfs.access(path, mode)
    return done
  }),

  // What quern does not keep, where that is an answer.
  GETACLSTATUS: served([], async ({ dfs, path }) => json({ AclStatus: aclStatusJson(await existing(dfs, path)) })),
  GETXATTRS: served([parameter.xattrName, parameter.xattrEncoding], async ({ dfs, path, query }) => {
    await existing(dfs, path)
    if (take(query, parameter.xattrName) === undefined) return json({ XAttrs: [] })
    throw new WebHdfsFailure('notThere', 'At least one of the attributes provided was not found.')
  }),
  LISTXATTRS: served([], async ({ dfs, path }) => {
    await existing(dfs, path)
    // A text of JSON within the JSON: so does HDFS.
    return json({ XAttrNames: '[]' })
  }),
  GETALLSTORAGEPOLICY: served([], async () => json({ BlockStoragePolicies: { BlockStoragePolicy: [hotPolicyJson] } })),
  GETSTORAGEPOLICY: served([], async ({ dfs, path }) => {
    await existing(dfs, path)
    return json({ BlockStoragePolicy: hotPolicyJson })
  }),
  GETECPOLICY: served([], async ({ dfs, path }) => {
    await existing(dfs, path)
    return json(null)
  }),
  GETECPOLICIES: served([], async () => json({ ErasureCodingPolicies: { ErasureCodingPolicyInfo: [] } })),
  GETDELEGATIONTOKEN: served([], async () => json({ Token: null })),
  GETLINKTARGET: served([], async ({ dfs, path }) => {
    await existing(dfs, path)
    throw new WebHdfsFailure('notThere', `Path ${path} is not a symbolic link`)
  }),
} as const
