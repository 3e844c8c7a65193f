import type { z } from 'zod'
import { DfsError, type DfsErrorCode } from '../../base/errors.ts'
import { childPath, normalizePath } from '../../base/path.ts'
import type {
  AccessMode,
  BlockLocation,
  ContentSummary,
  FileChecksum,
  FsStatus,
  ServerDefaults,
  SnapshotDiffEntry,
  SnapshotStatus,
  SnapshottableDirectory,
} from '../../client/status.ts'
import type { OperationName } from '../operations.ts'
import { answers, fileStatus, snapshotDiffEntry } from './answers.ts'
import type { Params, RestClient } from './rest-client.ts'

/** The calls of a file system that are one request each. */
export abstract class PlainCalls {
  readonly user: string
  protected readonly rest: RestClient

  constructor(rest: RestClient, user: string) {
    this.rest = rest
    this.user = user
  }

  async summary(path: string): Promise<ContentSummary> {
    const { ContentSummary: told } = await this.ask('GETCONTENTSUMMARY', path, answers.summary)
    return {
      directories: told.directoryCount,
      files: told.fileCount,
      bytes: told.length,
      bytesWithReplicas: told.spaceConsumed,
      nameQuota: told.quota,
      spaceQuota: told.spaceQuota,
    }
  }

  async access(path: string, mode: AccessMode): Promise<void> {
    const fsaction = ['r', 'w', 'x'].map((right) => (mode.includes(right) ? right : '-')).join('')
    await this.tell('CHECKACCESS', path, { fsaction })
  }

  async blockLocations(path: string, range: { offset?: number; length?: number } = {}): Promise<BlockLocation[]> {
    const told = await this.ask('GETFILEBLOCKLOCATIONS', path, answers.blockLocations, {
      offset: range.offset,
      length: range.length,
    })
    return told.BlockLocations.BlockLocation
  }

  async checksum(path: string): Promise<FileChecksum> {
    const { FileChecksum } = await this.ask('GETFILECHECKSUM', path, answers.checksum)
    return FileChecksum
  }

  async status(): Promise<FsStatus> {
    return (await this.ask('GETSTATUS', '/', answers.fsStatus)).FsStatus
  }

  async serverDefaults(): Promise<ServerDefaults> {
    const { FsServerDefaults: told } = await this.ask('GETSERVERDEFAULTS', '/', answers.serverDefaults)
    return {
      blockSize: told.blockSize,
      replication: told.replication,
      bytesPerChecksum: told.bytesPerChecksum,
      packetBytes: told.writePacketSize,
      trashInterval: told.trashInterval,
    }
  }

  async home(): Promise<string> {
    return (await this.ask('GETHOMEDIRECTORY', '/', answers.path)).Path
  }

  async delete(path: string, options: { recursive?: boolean } = {}): Promise<boolean> {
    return (await this.ask('DELETE', path, answers.boolean, { recursive: options.recursive ?? false })).boolean
  }

  async setTimes(path: string, times: { modificationTime?: number; accessTime?: number }): Promise<void> {
    await this.tell('SETTIMES', path, {
      modificationtime: times.modificationTime ?? -1,
      accesstime: times.accessTime ?? -1,
    })
  }

  async setPermission(path: string, permission: number): Promise<void> {
    await this.tell('SETPERMISSION', path, { permission: permission.toString(8) })
  }

  async setOwner(path: string, owner: { user?: string; group?: string }): Promise<void> {
    await this.tell('SETOWNER', path, { owner: owner.user, group: owner.group })
  }

  async setQuota(path: string, quota: { names?: number | null; space?: number | null }): Promise<void> {
    const told = (value: number | null | undefined): number | undefined => (value === null ? -1 : value)
    await this.tell('SETQUOTA', path, { namespacequota: told(quota.names), storagespacequota: told(quota.space) })
  }

  // Snapshots

  async allowSnapshot(path: string): Promise<void> {
    await this.tell('ALLOWSNAPSHOT', path)
  }

  async disallowSnapshot(path: string): Promise<void> {
    await this.tell('DISALLOWSNAPSHOT', path)
  }

  async createSnapshot(path: string, name?: string): Promise<string> {
    return (await this.ask('CREATESNAPSHOT', path, answers.path, { snapshotname: name })).Path
  }

  async deleteSnapshot(path: string, name: string): Promise<void> {
    await this.tell('DELETESNAPSHOT', path, { snapshotname: name })
  }

  async renameSnapshot(path: string, from: string, to: string): Promise<void> {
    await this.tell('RENAMESNAPSHOT', path, { oldsnapshotname: from, snapshotname: to })
  }

  async snapshotDiff(path: string, from: string, to: string): Promise<SnapshotDiffEntry[]> {
    const told = await this.ask('GETSNAPSHOTDIFF', path, answers.snapshotDiff, {
      oldsnapshotname: from,
      snapshotname: to,
    })
    return told.SnapshotDiffReport.diffList.map(snapshotDiffEntry)
  }

  async snapshottableDirectories(): Promise<SnapshottableDirectory[]> {
    const told = await this.ask('GETSNAPSHOTTABLEDIRECTORYLIST', '/', answers.snapshottable)
    return told.SnapshottableDirectoryList.map(({ dirStatus, parentFullPath, snapshotNumber }) => ({
      status: { ...fileStatus(dirStatus, normalizePath(parentFullPath)), snapshottable: true },
      snapshots: snapshotNumber,
    }))
  }

  async snapshots(path: string): Promise<SnapshotStatus[]> {
    const directory = childPath(normalizePath(path), '.snapshot')
    const told = await this.ask('GETSNAPSHOTLIST', path, answers.snapshots)
    return told.SnapshotList.map(({ dirStatus, snapshotID }) => ({
      path: childPath(directory, dirStatus.pathSuffix),
      name: dirStatus.pathSuffix,
      id: snapshotID,
      createdTime: dirStatus.modificationTime,
    }))
  }

  protected ask<T>(op: OperationName, path: string, shape: z.ZodType<T>, params: Params = {}): Promise<T> {
    return this.rest.json({ op, path: normalizePath(path), params }, shape)
  }

  protected async tell(op: OperationName, path: string, params: Params = {}): Promise<void> {
    await this.rest.done({ op, path: normalizePath(path), params })
  }

  protected error(code: DfsErrorCode, path: string, what: string): DfsError {
    return new DfsError(code, `${this.rest.origin}${path} ${what}`)
  }
}
