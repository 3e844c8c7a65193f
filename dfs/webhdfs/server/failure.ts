import { DfsError } from '../../base/errors.ts'
import { exceptionNamed, exceptionOf, type RemoteException } from '../exceptions.ts'

/** A failure that WebHDFS has a name for and quern has not, or one with another status than its name goes with. */
export class WebHdfsFailure extends Error {
  override readonly name = 'WebHdfsFailure'
  readonly exception: RemoteException
  readonly status: number

  constructor(exception: string, message: string, status?: number) {
    super(message)
    const known = exceptionNamed(exception)
    if (known === undefined) throw new TypeError(`${exception} is no exception of WebHDFS`)
    this.exception = known
    this.status = status ?? known.status
  }
}

export const illegalArgument = (message: string): WebHdfsFailure =>
  new WebHdfsFailure('IllegalArgumentException', message)

export const unsupported = (message: string): WebHdfsFailure =>
  new WebHdfsFailure('UnsupportedOperationException', message)

export interface Told {
  readonly status: number
  readonly body: {
    readonly RemoteException: { readonly exception: string; readonly javaClassName: string; readonly message: string }
  }
}

/** How a failure is told to the client. One that nobody foresaw is not described: its words may be about anything. */
export function tellFailure(error: unknown): Told {
  if (error instanceof WebHdfsFailure) return told(error.exception, error.status, error.message)
  if (error instanceof DfsError) {
    const exception = exceptionOf(error.code)
    return told(exception, exception.status, error.message)
  }
  const exception = exceptionNamed('RuntimeException') ?? exceptionOf('DFS_IO')
  return told(exception, exception.status, 'an error inside quern; what it was is on the standard error of the server')
}

/** Neither foreseen by the DFS nor by this server. */
export const isUnforeseen = (error: unknown): boolean =>
  !(error instanceof WebHdfsFailure) && !(error instanceof DfsError)

function told({ name, javaClassName }: RemoteException, status: number, message: string): Told {
  return { status, body: { RemoteException: { exception: name, javaClassName, message } } }
}
