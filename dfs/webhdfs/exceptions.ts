import type { DfsErrorCode } from '../base/errors.ts'

/**
 * Failures as WebHDFS tells them: `{"RemoteException":{"exception":"<name>","javaClassName":"<class>","message":"…"}}` under
 * an HTTP status. Clients go by the names: Hadoop's own throws the class that is named.
 */
export interface RemoteException {
  readonly name: string
  readonly javaClassName: string
  readonly status: 400 | 401 | 403 | 404 | 500
  /** What it is to quern. */
  readonly code: DfsErrorCode
}

const HDFS = 'org.apache.hadoop.hdfs'
const row = (
  code: DfsErrorCode,
  status: RemoteException['status'],
  inPackage: string,
  name: string,
): RemoteException => ({
  name,
  // Java writes a class within a class with a dollar sign; its simple name is what stands behind.
  javaClassName: `${inPackage}${inPackage.endsWith('$') ? '' : '.'}${name}`,
  status,
  code,
})

/** The first row of a code is what quern's server answers; a client meets them all. */
const rows: readonly RemoteException[] = [
  row('DFS_NOT_FOUND', 404, 'java.io', 'FileNotFoundException'),
  row('DFS_EXISTS', 403, 'org.apache.hadoop.fs', 'FileAlreadyExistsException'),
  row('DFS_NOT_DIRECTORY', 403, 'org.apache.hadoop.fs', 'ParentNotDirectoryException'),
  row('DFS_NOT_DIRECTORY', 403, 'org.apache.hadoop.fs', 'PathIsNotDirectoryException'),
  row('DFS_IS_DIRECTORY', 403, 'org.apache.hadoop.fs', 'PathIsDirectoryException'),
  row('DFS_NOT_EMPTY', 403, 'org.apache.hadoop.fs', 'PathIsNotEmptyDirectoryException'),
  row('DFS_BAD_PATH', 400, 'org.apache.hadoop.fs', 'InvalidPathException'),
  row('DFS_BAD_PATH', 403, `${HDFS}.protocol.FSLimitException$`, 'PathComponentTooLongException'),
  row('DFS_BAD_ARGUMENT', 400, 'java.lang', 'IllegalArgumentException'),
  row('DFS_BAD_ARGUMENT', 400, 'org.apache.hadoop', 'HadoopIllegalArgumentException'),
  row('DFS_PERMISSION', 403, 'org.apache.hadoop.security', 'AccessControlException'),
  row('DFS_PERMISSION', 403, 'org.apache.hadoop.security.authorize', 'AuthorizationException'),
  row('DFS_NAME_QUOTA', 403, `${HDFS}.protocol`, 'NSQuotaExceededException'),
  row('DFS_SPACE_QUOTA', 403, `${HDFS}.protocol`, 'DSQuotaExceededException'),
  row('DFS_SPACE_QUOTA', 403, `${HDFS}.protocol`, 'QuotaByStorageTypeExceededException'),
  row('DFS_SNAPSHOT', 403, `${HDFS}.protocol`, 'SnapshotException'),
  row('DFS_SNAPSHOT', 403, `${HDFS}.protocol`, 'SnapshotAccessControlException'),
  row('DFS_SAFE_MODE', 403, `${HDFS}.server.namenode`, 'SafeModeException'),
  row('DFS_BEING_WRITTEN', 403, `${HDFS}.protocol`, 'AlreadyBeingCreatedException'),
  row('DFS_BEING_WRITTEN', 403, `${HDFS}.protocol`, 'RecoveryInProgressException'),
  row('DFS_UNSUPPORTED', 400, 'java.lang', 'UnsupportedOperationException'),
  row('DFS_UNSUPPORTED', 403, `${HDFS}.protocol`, 'AclException'),
  row('DFS_UNSUPPORTED', 403, `${HDFS}.protocol`, 'UnsupportedActionException'),
  row('DFS_NO_REPLICA', 403, HDFS, 'BlockMissingException'),
  row('DFS_CORRUPT_REPLICA', 403, 'org.apache.hadoop.fs', 'ChecksumException'),
  row('DFS_LEASE_LOST', 403, `${HDFS}.server.namenode`, 'LeaseExpiredException'),
  row('DFS_UNAUTHORIZED', 401, 'java.lang', 'SecurityException'),
  row('DFS_UNAUTHORIZED', 403, 'org.apache.hadoop.security.token.SecretManager$', 'InvalidToken'),
  row('DFS_UNREACHABLE', 403, 'org.apache.hadoop.ipc', 'RetriableException'),
  row('DFS_UNREACHABLE', 403, 'org.apache.hadoop.ipc', 'StandbyException'),
  row('DFS_IO', 403, 'java.io', 'IOException'),
  row('DFS_IO', 500, 'java.lang', 'RuntimeException'),
]

const byCode = new Map<DfsErrorCode, RemoteException>()
const byName = new Map<string, RemoteException>()
for (const exception of rows) {
  if (!byCode.has(exception.code)) byCode.set(exception.code, exception)
  byName.set(exception.name, exception)
}

/** The exception with that simple name, as `RemoteException.exception` has it; undefined for one not known here. */
export const exceptionNamed = (name: string): RemoteException | undefined => byName.get(name)

const ioException = rows.find(({ name }) => name === 'IOException')

/** What a failure with that code is told as: whatever has no name of its own is an IOException. */
export function exceptionOf(code: DfsErrorCode): RemoteException {
  const found = byCode.get(code) ?? ioException
  if (found === undefined) throw new TypeError('there is no row for IOException')
  return found
}
