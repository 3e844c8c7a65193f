import { expect } from 'vitest'
import { type Answer, type AskOptions, ask, webHdfsUrl } from '../../dfs/webhdfs/raw-http.ts'

export interface ServedDfs {
  /** `http://host:port` */
  readonly url: string
  /** Who may do everything. */
  readonly superuser: string
  close(): Promise<void>
}

type Query = Readonly<Record<string, string | number>>

/** What the tests of one served DFS ask it with. */
export interface WebHdfsCase {
  base(): string
  superuser(): string
  /** A path that no other test has. */
  fresh(): string
  /** As the superuser, unless the parameters say otherwise. */
  op(method: string, path: string, operation: string, parameters?: Query, options?: AskOptions): Promise<Answer>
  /** The JSON of an answer that has to be 200. */
  ok(method: string, path: string, operation: string, parameters?: Query): Promise<unknown>
  write(path: string, content: string | Uint8Array, parameters?: Query): Promise<void>
  read(path: string, parameters?: Query): Promise<string>
  fails(answer: Promise<Answer>, status: number, javaClassName: string, says: RegExp): Promise<void>
  /** Operations asked for so far. */
  readonly asked: ReadonlySet<string>
}

export function webHdfsCase(served: () => ServedDfs | undefined): WebHdfsCase {
  let count = 0
  const asked = new Set<string>()
  const base = (): string => served()?.url ?? ''
  const superuser = (): string => served()?.superuser ?? ''

  const op: WebHdfsCase['op'] = (method, path, operation, parameters = {}, options = {}) => {
    asked.add(operation)
    return ask(method, webHdfsUrl(base(), path, { op: operation, 'user.name': superuser(), ...parameters }), options)
  }

  return {
    base,
    superuser,
    fresh: () => `/open/t${++count}`,
    op,
    asked,
    async ok(method, path, operation, parameters = {}) {
      const answer = await op(method, path, operation, parameters)
      expect(answer.status, answer.text).toBe(200)
      return answer.json
    },
    async write(path, content, parameters = {}) {
      const answer = await op('PUT', path, 'CREATE', { step: 'data', ...parameters }, { body: content })
      expect(answer.status, answer.text).toBe(201)
    },
    async read(path, parameters = {}) {
      const answer = await op('GET', path, 'OPEN', { step: 'data', ...parameters })
      expect(answer.status, answer.text).toBe(200)
      return answer.text
    },
    async fails(answer, status, javaClassName, says) {
      const { status: actual, headers, json, text } = await answer
      expect(actual, text).toBe(status)
      expect(headers['content-type']).toBe('application/json')
      const exception = javaClassName.slice(javaClassName.search(/[^.$]*$/))
      expect(json).toMatchObject({
        RemoteException: { exception, javaClassName, message: expect.stringMatching(says) },
      })
    },
  }
}

export const isEmpty = ({ status, headers, bytes }: Answer): boolean =>
  status === 200 && headers['content-length'] === '0' && bytes.length === 0

export const ILLEGAL = 'java.lang.IllegalArgumentException'
export const UNSUPPORTED = 'java.lang.UnsupportedOperationException'
export const NOT_FOUND = 'java.io.FileNotFoundException'
export const EXISTS = 'org.apache.hadoop.fs.FileAlreadyExistsException'
export const IO = 'java.io.IOException'

/** Every key of a FileStatus, each with its type. */
export const status = {
  accessTime: expect.any(Number),
  blockSize: expect.any(Number),
  childrenNum: expect.any(Number),
  fileId: expect.any(Number),
  group: expect.any(String),
  length: expect.any(Number),
  modificationTime: expect.any(Number),
  owner: expect.any(String),
  pathSuffix: expect.any(String),
  permission: expect.stringMatching(/^[0-7]{1,4}$/),
  replication: expect.any(Number),
  storagePolicy: expect.any(Number),
  type: expect.stringMatching(/^(FILE|DIRECTORY)$/),
}
