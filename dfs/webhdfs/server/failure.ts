import { DfsError, type DfsErrorCode } from '../../base/errors.ts'
import { remoteException, simpleName } from '../exceptions.ts'

interface Kind {
  readonly javaClassName: string
  readonly status: number
  /** What it is to a client of quern's own, where the class says too little. */
  readonly code: DfsErrorCode
}

/** Exceptions that the server throws itself, as HDFS does in the same case. */
const kinds = {
  illegalArgument: { javaClassName: 'java.lang.IllegalArgumentException', status: 400, code: 'DFS_BAD_ARGUMENT' },
  urlTooLong: { javaClassName: 'java.lang.IllegalArgumentException', status: 414, code: 'DFS_BAD_PATH' },
  unsupported: { javaClassName: 'java.lang.UnsupportedOperationException', status: 400, code: 'DFS_UNSUPPORTED' },
  methodNotAllowed: { javaClassName: 'java.lang.UnsupportedOperationException', status: 405, code: 'DFS_UNSUPPORTED' },
  security: { javaClassName: 'java.lang.SecurityException', status: 401, code: 'DFS_UNAUTHORIZED' },
  accessControl: {
    javaClassName: 'org.apache.hadoop.security.AccessControlException',
    status: 403,
    code: 'DFS_PERMISSION',
  },
  authorization: {
    javaClassName: 'org.apache.hadoop.security.authorize.AuthorizationException',
    status: 403,
    code: 'DFS_PERMISSION',
  },
  invalidToken: {
    javaClassName: 'org.apache.hadoop.security.token.SecretManager$InvalidToken',
    status: 403,
    code: 'DFS_UNAUTHORIZED',
  },
  notFound: { javaClassName: 'java.io.FileNotFoundException', status: 404, code: 'DFS_NOT_FOUND' },
  notAFile: { javaClassName: 'java.io.FileNotFoundException', status: 404, code: 'DFS_IS_DIRECTORY' },
  exists: { javaClassName: 'org.apache.hadoop.fs.FileAlreadyExistsException', status: 403, code: 'DFS_EXISTS' },
  directoryExists: {
    javaClassName: 'org.apache.hadoop.fs.FileAlreadyExistsException',
    status: 403,
    code: 'DFS_IS_DIRECTORY',
  },
  outOfRange: { javaClassName: 'java.io.IOException', status: 403, code: 'DFS_BAD_ARGUMENT' },
  notThere: { javaClassName: 'java.io.IOException', status: 403, code: 'DFS_UNSUPPORTED' },
  acl: { javaClassName: 'org.apache.hadoop.hdfs.protocol.AclException', status: 403, code: 'DFS_UNSUPPORTED' },
  unsupportedAction: {
    javaClassName: 'org.apache.hadoop.hdfs.protocol.UnsupportedActionException',
    status: 403,
    code: 'DFS_UNSUPPORTED',
  },
  unforeseen: { javaClassName: 'java.lang.RuntimeException', status: 500, code: 'DFS_IO' },
} as const satisfies Readonly<Record<string, Kind>>

export type FailureKind = keyof typeof kinds

/** A failure that the server itself finds, under the name and the status that HDFS has for it. */
export class WebHdfsFailure extends Error {
  override readonly name = 'WebHdfsFailure'
  readonly kind: Kind

  constructor(kind: FailureKind, message: string) {
    super(message)
    this.kind = kinds[kind]
  }
}

export const illegalArgument = (message: string): WebHdfsFailure => new WebHdfsFailure('illegalArgument', message)

/** How a failure is told to the client. One that nobody foresaw is not described: its words may be about anything. */
export function tellFailure(error: unknown): { status: number; body: object } {
  if (error instanceof DfsError) return remoteException(error.code, error.message)
  const failure =
    error instanceof WebHdfsFailure
      ? error
      : new WebHdfsFailure('unforeseen', 'an error inside quern; the log of the server says what it was')
  const { javaClassName, status, code } = failure.kind
  const exception = simpleName(javaClassName)
  return { status, body: { RemoteException: { exception, javaClassName, message: failure.message, code } } }
}

/** Neither foreseen by the DFS nor by this server. */
export const isUnforeseen = (error: unknown): boolean =>
  !(error instanceof WebHdfsFailure) && !(error instanceof DfsError)
