import { snapshotDiffJson, snapshotJson, snapshottableJson } from '../json.ts'
import * as parameter from './dictionary.ts'
import { served } from './operation.ts'
import { need, take } from './parameter.ts'
import { done, json } from './reply.ts'

export const snapshots = {
  ALLOWSNAPSHOT: served([], async ({ dfs, path }) => {
    await dfs.allowSnapshot(path)
    return done
  }),
  DISALLOWSNAPSHOT: served([], async ({ dfs, path }) => {
    await dfs.disallowSnapshot(path)
    return done
  }),
  CREATESNAPSHOT: served([parameter.snapshotName], async ({ dfs, path, query }) =>
    json({ Path: await dfs.createSnapshot(path, take(query, parameter.snapshotName)) }),
  ),
  RENAMESNAPSHOT: served([parameter.oldSnapshotName, parameter.snapshotName], async ({ dfs, path, query }) => {
    const from = need(query, parameter.oldSnapshotName, 'RENAMESNAPSHOT')
    await dfs.renameSnapshot(path, from, need(query, parameter.snapshotName, 'RENAMESNAPSHOT'))
    return done
  }),
  DELETESNAPSHOT: served([parameter.snapshotName], async ({ dfs, path, query }) => {
    await dfs.deleteSnapshot(path, need(query, parameter.snapshotName, 'DELETESNAPSHOT'))
    return done
  }),
  /** A name that is not given stands for the present. */
  GETSNAPSHOTDIFF: served([parameter.oldSnapshotName, parameter.snapshotName], async ({ dfs, path, query }) => {
    const from = take(query, parameter.oldSnapshotName) ?? ''
    const to = take(query, parameter.snapshotName) ?? ''
    return json({ SnapshotDiffReport: snapshotDiffJson(path, from, to, await dfs.snapshotDiff(path, from, to)) })
  }),
  GETSNAPSHOTTABLEDIRECTORYLIST: served([], async ({ dfs }) =>
    json({ SnapshottableDirectoryList: (await dfs.snapshottableDirectories()).map(snapshottableJson) }),
  ),
  GETSNAPSHOTLIST: served([], async ({ dfs, path }) => {
    const list = []
    for (const snapshot of await dfs.snapshots(path)) {
      list.push(snapshotJson(snapshot, await dfs.stat(snapshot.path)))
    }
    return json({ SnapshotList: list })
  }),
} as const
