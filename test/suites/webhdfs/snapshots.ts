import { describe, expect, test } from 'vitest'
import { ILLEGAL, isEmpty, UNSUPPORTED, type WebHdfsCase } from './case.ts'

/** Snapshots. */
export function snapshotsSuite({ fresh, op, ok, write, read, fails }: WebHdfsCase): void {
  describe('snapshots', () => {
    const SNAPSHOT = 'org.apache.hadoop.hdfs.protocol.SnapshotException'

    test('are made, listed, renamed, compared, read and deleted', async () => {
      const path = fresh()
      await write(`${path}/a`, 'old')
      await fails(op('PUT', path, 'CREATESNAPSHOT', { snapshotname: 's0' }), 403, SNAPSHOT, /snapshot/i)
      expect(isEmpty(await op('PUT', path, 'ALLOWSNAPSHOT'))).toBe(true)
      expect(await ok('GET', path, 'GETFILESTATUS')).toMatchObject({ FileStatus: { snapshotEnabled: true } })
      const s1 = await ok('PUT', path, 'CREATESNAPSHOT', { snapshotname: 's1' })
      expect(s1).toEqual({ Path: `${path}/.snapshot/s1` })
      await write(`${path}/a`, 'new', { overwrite: 'true' })
      await write(`${path}/b`, 'b')
      expect(await read(`${path}/.snapshot/s1/a`)).toBe('old')
      expect(isEmpty(await op('PUT', path, 'RENAMESNAPSHOT', { oldsnapshotname: 's1', snapshotname: 's2' }))).toBe(true)
      const { Path: unnamed } = (await ok('PUT', path, 'CREATESNAPSHOT')) as { Path: string }
      expect(unnamed).toMatch(/\/\.snapshot\/s\d{8}-\d{6}\.\d{3}$/)

      const list = (await ok('GET', path, 'GETSNAPSHOTLIST')) as { SnapshotList: { fullPath: string }[] }
      expect(list.SnapshotList.map(({ fullPath }) => fullPath).sort()).toEqual([`${path}/.snapshot/s2`, unnamed].sort())
      for (const snapshot of list.SnapshotList) {
        expect(snapshot).toEqual({
          deletionStatus: 'ACTIVE',
          dirStatus: expect.objectContaining({ type: 'DIRECTORY' }),
          fullPath: expect.any(String),
          snapshotID: expect.any(Number),
        })
      }
      const diff = { oldsnapshotname: 's2', snapshotname: unnamed.slice(unnamed.lastIndexOf('/') + 1) }
      const { SnapshotDiffReport: report } = (await ok('GET', path, 'GETSNAPSHOTDIFF', diff)) as {
        SnapshotDiffReport: { diffList: { type: string; sourcePath: string }[] }
      }
      expect(report).toMatchObject({ snapshotRoot: path, fromSnapshot: 's2', toSnapshot: diff.snapshotname })
      expect(report.diffList).toContainEqual({ type: 'CREATE', sourcePath: 'b' })
      expect(report.diffList.map(({ type }) => type).sort()).toContain('MODIFY')

      const all = (await ok('GET', '/', 'GETSNAPSHOTTABLEDIRECTORYLIST')) as { SnapshottableDirectoryList: object[] }
      expect(all.SnapshottableDirectoryList).toContainEqual({
        dirStatus: expect.objectContaining({ pathSuffix: path.slice('/open/'.length), type: 'DIRECTORY' }),
        parentFullPath: '/open',
        snapshotNumber: 2,
        snapshotQuota: 65_536,
      })

      await fails(op('PUT', path, 'DISALLOWSNAPSHOT'), 403, SNAPSHOT, /snapshot/i)
      await fails(op('DELETE', path, 'DELETE', { recursive: 'true' }), 403, SNAPSHOT, /snapshot/i)
      for (const name of ['s2', diff.snapshotname]) {
        expect(isEmpty(await op('DELETE', path, 'DELETESNAPSHOT', { snapshotname: name }))).toBe(true)
      }
      expect(isEmpty(await op('PUT', path, 'DISALLOWSNAPSHOT'))).toBe(true)
    })

    test('need the names that they need', async () => {
      const needs = /^Required param (old)?snapshotname for op: \w+ is null or empty$/
      await fails(op('PUT', '/open', 'RENAMESNAPSHOT', { snapshotname: 'x' }), 400, ILLEGAL, needs)
      await fails(op('PUT', '/open', 'RENAMESNAPSHOT', { oldsnapshotname: 'x' }), 400, ILLEGAL, needs)
      await fails(op('DELETE', '/open', 'DELETESNAPSHOT'), 400, ILLEGAL, needs)
      await fails(op('GET', '/open', 'GETSNAPSHOTLIST'), 403, SNAPSHOT, /snapshot/i)
      await fails(op('GET', '/open', 'GETSNAPSHOTDIFFLISTING'), 400, UNSUPPORTED, /GETSNAPSHOTDIFF/)
    })
  })
}
