import { expect, test } from 'vitest'
import { z } from 'zod'
import { dfsErrorCodes } from '../../../dfs/base/errors.ts'
import { codeOf, exceptionOfCode, remoteException, simpleName } from '../../../dfs/webhdfs/exceptions.ts'

const body = z.object({
  RemoteException: z.object({
    exception: z.string(),
    javaClassName: z.string(),
    message: z.string(),
    code: z.string(),
  }),
})

test.each(dfsErrorCodes)('%s comes through as itself', (code) => {
  const told = remoteException(code, 'why')
  expect(told.status).toBeGreaterThanOrEqual(400)
  const { RemoteException } = body.parse(told.body)
  expect(RemoteException.message).toBe('why')
  expect(codeOf(RemoteException)).toBe(code)
})

/** What shares a class with others is, without its code, what the class says. */
const bySharedClass: Readonly<Record<string, string>> = {
  DFS_CORRUPT_METADATA: 'DFS_IO',
  DFS_LOCKED: 'DFS_IO',
  DFS_UNKNOWN_VERSION: 'DFS_IO',
  DFS_PROTOCOL: 'DFS_IO',
  DFS_CLOSED: 'DFS_UNREACHABLE',
}

test.each(dfsErrorCodes)('%s is known by its class, as any HDFS tells it', (code) => {
  const { javaClassName } = exceptionOfCode[code]
  expect(codeOf({ exception: simpleName(javaClassName), javaClassName })).toBe(bySharedClass[code] ?? code)
  expect(codeOf({ exception: simpleName(javaClassName) })).toBe(bySharedClass[code] ?? code)
})

test.each([
  [
    { exception: 'PathComponentTooLongException', javaClassName: 'a.b.FSLimitException$PathComponentTooLongException' },
    'DFS_BAD_PATH',
  ],
  [{ exception: 'InvalidToken', javaClassName: 'o.a.h.security.token.SecretManager$InvalidToken' }, 'DFS_UNAUTHORIZED'],
  [{ exception: 'FileNotFoundException', code: 'DFS_NO_SUCH_CODE' }, 'DFS_NOT_FOUND'],
  [{ exception: 'NeverHeardOfException' }, 'DFS_IO'],
])('%j is %s', (exception, code) => {
  expect(codeOf(exception)).toBe(code)
})
