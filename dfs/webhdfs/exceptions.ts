import { type DfsErrorCode, dfsErrorCodes } from '../base/errors.ts'

/**
 * Failures as WebHDFS has them on the wire, both ways:
 *
 *   {"RemoteException":{"exception":"<simple name>","javaClassName":"<full name>","message":"…"[,"code":"DFS_…"]}}
 *
 * Java clients build the exception anew from `javaClassName` and catch it by class, so each code has the class that HDFS
 * throws in the same case. Several codes may share one; `code`, which other clients pass over, tells them apart again.
 */
export interface WebHdfsException {
  readonly javaClassName: string
  /** HDFS answers 403 to every IOException that has no status of its own. */
  readonly status: 400 | 401 | 403 | 404 | 500 | 503
}

const hadoop = 'org.apache.hadoop'

/** By code: what a server answers. */
export const exceptionOfCode: Readonly<Record<DfsErrorCode, WebHdfsException>> = {
  DFS_NOT_FOUND: { javaClassName: 'java.io.FileNotFoundException', status: 404 },
  DFS_EXISTS: { javaClassName: `${hadoop}.fs.FileAlreadyExistsException`, status: 403 },
  DFS_NOT_DIRECTORY: { javaClassName: `${hadoop}.fs.ParentNotDirectoryException`, status: 403 },
  DFS_IS_DIRECTORY: { javaClassName: `${hadoop}.fs.PathIsDirectoryException`, status: 403 },
  DFS_NOT_EMPTY: { javaClassName: `${hadoop}.fs.PathIsNotEmptyDirectoryException`, status: 403 },
  DFS_BAD_PATH: { javaClassName: `${hadoop}.fs.InvalidPathException`, status: 400 },
  DFS_BAD_ARGUMENT: { javaClassName: 'java.lang.IllegalArgumentException', status: 400 },
  DFS_PERMISSION: { javaClassName: `${hadoop}.security.AccessControlException`, status: 403 },
  DFS_NAME_QUOTA: { javaClassName: `${hadoop}.hdfs.protocol.NSQuotaExceededException`, status: 403 },
  DFS_SPACE_QUOTA: { javaClassName: `${hadoop}.hdfs.protocol.DSQuotaExceededException`, status: 403 },
  DFS_SNAPSHOT: { javaClassName: `${hadoop}.hdfs.protocol.SnapshotException`, status: 403 },
  DFS_SAFE_MODE: { javaClassName: `${hadoop}.hdfs.server.namenode.SafeModeException`, status: 403 },
  DFS_BEING_WRITTEN: { javaClassName: `${hadoop}.hdfs.protocol.AlreadyBeingCreatedException`, status: 403 },
  DFS_UNSUPPORTED: { javaClassName: 'java.lang.UnsupportedOperationException', status: 400 },
  DFS_NO_REPLICA: { javaClassName: `${hadoop}.hdfs.BlockMissingException`, status: 403 },
  DFS_CORRUPT_REPLICA: { javaClassName: `${hadoop}.fs.ChecksumException`, status: 403 },
  DFS_CORRUPT_METADATA: { javaClassName: 'java.io.IOException', status: 500 },
  DFS_LOCKED: { javaClassName: 'java.io.IOException', status: 503 },
  DFS_UNKNOWN_VERSION: { javaClassName: 'java.io.IOException', status: 500 },
  DFS_NO_SPACE: { javaClassName: `${hadoop}.util.DiskChecker$DiskOutOfSpaceException`, status: 403 },
  DFS_IO: { javaClassName: 'java.io.IOException', status: 403 },
  DFS_LEASE_LOST: { javaClassName: `${hadoop}.hdfs.server.namenode.LeaseExpiredException`, status: 403 },
  DFS_UNREACHABLE: { javaClassName: `${hadoop}.ipc.RetriableException`, status: 503 },
  DFS_FENCED: { javaClassName: `${hadoop}.ipc.StandbyException`, status: 403 },
  DFS_UNAUTHORIZED: { javaClassName: 'java.lang.SecurityException', status: 401 },
  DFS_PROTOCOL: { javaClassName: 'java.io.IOException', status: 403 },
  DFS_CLOSED: { javaClassName: `${hadoop}.ipc.RetriableException`, status: 503 },
}

/** Classes of HDFS that no code answers with, by simple name: what a client may meet besides. */
const otherExceptions: Readonly<Record<string, DfsErrorCode>> = {
  AclException: 'DFS_UNSUPPORTED',
  AuthenticationException: 'DFS_UNAUTHORIZED',
  AuthorizationException: 'DFS_PERMISSION',
  ClusterStorageCapacityExceededException: 'DFS_SPACE_QUOTA',
  HadoopIllegalArgumentException: 'DFS_BAD_ARGUMENT',
  InvalidToken: 'DFS_UNAUTHORIZED',
  NotReplicatedYetException: 'DFS_UNREACHABLE',
  NumberFormatException: 'DFS_BAD_ARGUMENT',
  PathAccessDeniedException: 'DFS_PERMISSION',
  PathComponentTooLongException: 'DFS_BAD_PATH',
  PathExistsException: 'DFS_EXISTS',
  PathIsNotDirectoryException: 'DFS_NOT_DIRECTORY',
  PathNotFoundException: 'DFS_NOT_FOUND',
  PathPermissionException: 'DFS_PERMISSION',
  QuotaByStorageTypeExceededException: 'DFS_SPACE_QUOTA',
  QuotaExceededException: 'DFS_SPACE_QUOTA',
  RecoveryInProgressException: 'DFS_BEING_WRITTEN',
  SnapshotAccessControlException: 'DFS_SNAPSHOT',
  UnresolvedPathException: 'DFS_UNSUPPORTED',
  UnsupportedActionException: 'DFS_UNSUPPORTED',
}

/** Where HDFS throws one class for what are two cases here, its message tells them apart. */
const byMessage: readonly { readonly exception: string; readonly says: RegExp; readonly code: DfsErrorCode }[] = [
  { exception: 'FileNotFoundException', says: /^Path is not a file/, code: 'DFS_IS_DIRECTORY' },
  { exception: 'FileAlreadyExistsException', says: /already exists as a directory/, code: 'DFS_IS_DIRECTORY' },
  { exception: 'FileAlreadyExistsException', says: /is not a directory/, code: 'DFS_NOT_DIRECTORY' },
  { exception: 'IOException', says: /destination directory is not empty|non empty destination/, code: 'DFS_NOT_EMPTY' },
  { exception: 'IOException', says: /could only be (?:replicated|written) to/, code: 'DFS_NO_SPACE' },
  { exception: 'IllegalArgumentException', says: /^Invalid value for webhdfs parameter "op"/, code: 'DFS_UNSUPPORTED' },
]

/** `a.b.C$D` is D, as Java's getSimpleName has it. */
export const simpleName = (javaClassName: string): string => javaClassName.slice(javaClassName.search(/[^.$]*$/))

/** First come, first kept: the codes are listed from the particular to the general where they share a class. */
const codeOfException: ReadonlyMap<string, DfsErrorCode> = new Map([
  ...dfsErrorCodes.map((code) => [simpleName(exceptionOfCode[code].javaClassName), code] as const).toReversed(),
  ...Object.entries(otherExceptions),
  ['IOException', 'DFS_IO'],
  ['RetriableException', 'DFS_UNREACHABLE'],
])

const codes: ReadonlySet<string> = new Set(dfsErrorCodes)
const isCode = (word: string): word is DfsErrorCode => codes.has(word)

export interface RemoteException {
  readonly exception: string
  readonly javaClassName?: string | undefined
  readonly message?: string | undefined
  /** quern's own. */
  readonly code?: string | undefined
}

/** By exception: what a client makes of it. Unknown classes are DFS_IO. */
export function codeOf({ exception, javaClassName, message, code }: RemoteException): DfsErrorCode {
  if (code !== undefined && isCode(code)) return code
  const name = simpleName(javaClassName ?? exception)
  const told = byMessage.find((row) => row.exception === name && row.says.test(message ?? ''))
  return told?.code ?? codeOfException.get(name) ?? codeOfException.get(exception) ?? 'DFS_IO'
}

/** The body and the status of a server's answer to a failure. */
export function remoteException(code: DfsErrorCode, message: string): { status: number; body: object } {
  const { javaClassName, status } = exceptionOfCode[code]
  return {
    status,
    body: { RemoteException: { exception: simpleName(javaClassName), javaClassName, message, code } },
  }
}
