import type { BlockId, FileId, GenerationStamp } from '../base/ids.ts'

/**
 * Every change of the namespace. A record is complete in itself: ids, times, owners and permissions are in it, so replaying
 * decides nothing. How they are written down is told in records.ts.
 */
export type JournalRecord =
  | TreeRecord
  | WritingRecord
  | AttributeRecord
  | SnapshotRecord
  /** What a client was answered, beside the change itself: asked again, it is told the same and nothing changes. */
  | {
      readonly type: 'answer'
      /** Id of the client. */
      readonly client: string
      readonly sequence: number
      /** JSON text. */
      readonly answer: string
      readonly time: number
    }

type TreeRecord =
  /** Makes the directory and, with `parentPermission`, what is missing above it. */
  | ({ readonly type: 'mkdir'; readonly path: string; readonly time: number } & Making)
  /** Opens a file to one writer. `path` is empty for a detached file. Not visible before `complete`. */
  | ({
      readonly type: 'create'
      readonly file: FileId
      readonly path: string
      readonly replication: number
      readonly blockSize: number
      readonly overwrite: boolean
      /** Identity of the writer's process. */
      readonly holder: string
      readonly time: number
    } & Making)
  | { readonly type: 'delete'; readonly path: string; readonly time: number }
  /** With `overwrite`, what stands at `to` is gone in the same step; without, nothing stands there. */
  | {
      readonly type: 'rename'
      readonly from: string
      readonly to: string
      readonly overwrite: boolean
      readonly time: number
    }
  /** The job commit: replaces whatever stands at `directory` by a directory with these sealed files, now of this owner. */
  | ({
      readonly type: 'publish'
      readonly directory: string
      readonly files: readonly { readonly name: string; readonly file: FileId }[]
      readonly time: number
    } & Making)
  /** Moves the blocks of `sources`, in order, to the end of `path`; the sources are gone. */
  | { readonly type: 'concat'; readonly path: string; readonly sources: readonly string[]; readonly time: number }

type WritingRecord =
  /** Opens the file at `path` to one writer, who has `file` for its name. What it adds will follow the first `keep` blocks. */
  | {
      readonly type: 'reopen'
      readonly file: FileId
      readonly path: string
      readonly keep: number
      readonly holder: string
    }
  /** Adds an empty block; the one before it now has its final length. */
  | {
      readonly type: 'addBlock'
      readonly file: FileId
      readonly block: BlockId
      readonly generation: GenerationStamp
      readonly previousLength: number
    }
  /** The last block of a file being written goes on under this generation; replicas of older ones are stale. */
  | {
      readonly type: 'newGeneration'
      readonly file: FileId
      readonly block: BlockId
      readonly generation: GenerationStamp
    }
  /**
   * The file is whole: a named one becomes visible, in place of what stood there; a detached one is sealed; a reopened one
   * gets its new blocks.
   */
  | { readonly type: 'complete'; readonly file: FileId; readonly lastLength: number; readonly time: number }
  | { readonly type: 'abandon'; readonly file: FileId }

export type AttributeRecord =
  | {
      readonly type: 'setTimes'
      readonly path: string
      readonly modificationTime: number
      readonly accessTime: number
    }
  | { readonly type: 'setReplication'; readonly path: string; readonly replication: number }
  | { readonly type: 'setPermission'; readonly path: string; readonly permission: number }
  | { readonly type: 'setOwner'; readonly path: string; readonly owner: Owner }
  | ({ readonly type: 'setQuota'; readonly path: string } & QuotaLimits)

export type SnapshotRecord =
  | { readonly type: 'allowSnapshot'; readonly path: string }
  | { readonly type: 'disallowSnapshot'; readonly path: string }
  | {
      readonly type: 'createSnapshot'
      readonly path: string
      readonly name: string
      readonly id: number
      readonly time: number
    }
  | { readonly type: 'deleteSnapshot'; readonly path: string; readonly name: string; readonly time: number }
  | {
      readonly type: 'renameSnapshot'
      readonly path: string
      readonly from: string
      readonly to: string
      readonly time: number
    }

/** What is made gets these; missing directories above it `parentPermission`. */
export interface Making {
  readonly owner: Owner
  readonly permission: number
  readonly parentPermission: number
}

export interface Owner {
  readonly user: string
  readonly group: string
}

/** Undefined: there is none. */
export interface QuotaLimits {
  /** How many files and directories, itself included. */
  readonly names: number | undefined
  /** How many bytes, every replica counted. */
  readonly space: number | undefined
}
