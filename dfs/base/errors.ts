/**
 * Every failure of the DFS that a caller may want to tell apart. Codes never change between versions; messages may.
 */
export const dfsErrorCodes = [
  'DFS_NOT_FOUND',
  'DFS_EXISTS',
  'DFS_NOT_DIRECTORY',
  'DFS_IS_DIRECTORY',
  'DFS_NOT_EMPTY',
  'DFS_BAD_PATH',
  'DFS_BAD_ARGUMENT',
  /** The user may not do that; the message names user, access and inode as HDFS does. */
  'DFS_PERMISSION',
  /** A directory above would hold more files and directories, or more bytes with replicas, than its quota allows. */
  'DFS_NAME_QUOTA',
  'DFS_SPACE_QUOTA',
  /** Snapshots stand in the way: of deleting or renaming their directory, of changing what is in one. */
  'DFS_SNAPSHOT',
  /** Nothing may be changed now; the message says what the namenode waits for, or who asked for it. */
  'DFS_SAFE_MODE',
  /** Someone else is writing the file. */
  'DFS_BEING_WRITTEN',
  /** This file system does not do that. */
  'DFS_UNSUPPORTED',
  /** Every replica of a block is missing or corrupt; the message lists each with what was wrong with it. */
  'DFS_NO_REPLICA',
  /** A replica failed its checksum; normally handled by reading another, and then only reported. */
  'DFS_CORRUPT_REPLICA',
  /** The journal or image is damaged other than by a torn last record; the message names file and offset. */
  'DFS_CORRUPT_METADATA',
  /** Another live process holds the root. */
  'DFS_LOCKED',
  /** The root was written by a newer or unknown version of the format. */
  'DFS_UNKNOWN_VERSION',
  /** No datanode could store the block (disk full, or all excluded); the message says what each answered. */
  'DFS_NO_SPACE',
  /** The operating system refused a read or write; `cause` has the original. */
  'DFS_IO',
  /** The writer's file was completed, abandoned or deleted under it. */
  'DFS_LEASE_LOST',
  /** A daemon does not answer, or the connection broke and could not be had again in time. */
  'DFS_UNREACHABLE',
  /** The other side has a newer epoch or generation: what was asked comes from the past. */
  'DFS_FENCED',
  /** No token, or a wrong one. */
  'DFS_UNAUTHORIZED',
  /** What came over the wire is not what the protocol says. */
  'DFS_PROTOCOL',
  'DFS_CLOSED',
] as const

export type DfsErrorCode = (typeof dfsErrorCodes)[number]

/** An operating failure of the DFS. Programmer errors are plain `TypeError`s or assertions instead. */
export class DfsError extends Error {
  override readonly name = 'DfsError'
  readonly code: DfsErrorCode

  constructor(code: DfsErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
