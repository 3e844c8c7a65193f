import type { ServerResponse } from 'node:http'
import { SERVER_NAME } from '../operations.ts'
import type { RequestBody } from './body.ts'
import type { Reply } from './reply.ts'

/** Nothing here is meant for a page of another site, or to be taken for a page at all. */
const always = {
  'Cache-Control': 'no-cache',
  'Cross-Origin-Resource-Policy': 'same-origin',
  Server: SERVER_NAME,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const

export interface SendOptions {
  /** The answer to HEAD: everything but the body. */
  readonly headOnly: boolean
  /** A client that takes nothing for so long is gone. */
  readonly idleMs: number
  readonly headers?: Readonly<Record<string, string>>
  /** Of the request. */
  readonly body: RequestBody
}

/** Resolves when all was handed to the system. Throws when the client left, and when the source failed in the middle. */
export async function send(response: ServerResponse, reply: Reply, options: SendOptions): Promise<void> {
  switch (reply.kind) {
    case 'json':
      return await sendWhole(response, reply.status ?? 200, 'application/json', JSON.stringify(reply.body), options)
    case 'text':
      return await sendWhole(response, 200, 'text/plain; charset=utf-8', reply.body, options)
    case 'empty': {
      const location = reply.location === undefined ? {} : { Location: reply.location }
      return await sendWhole(response, reply.status, 'application/octet-stream', '', {
        ...options,
        headers: { ...options.headers, ...location },
      })
    }
    case 'pieces':
      return await sendPieces(response, reply, options)
  }
}

async function sendWhole(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  options: SendOptions,
): Promise<void> {
  const bytes = Buffer.from(text)
  const head = { 'Content-Type': type, 'Content-Length': bytes.length }
  response.writeHead(status, { ...always, ...head, ...closing(options), ...options.headers })
  await finish(response, options.headOnly ? undefined : bytes, options)
}

const closing = ({ body }: SendOptions): { Connection?: 'close' } => (body.isLeft ? { Connection: 'close' } : {})

async function sendPieces(
  response: ServerResponse,
  { type, length, pieces, close }: Reply & { kind: 'pieces' },
  options: SendOptions,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  try {
    // The first piece before the head: what can not be read at all is still told as a failure.
    let next = options.headOnly ? undefined : await iterator.next()
    response.writeHead(200, {
      ...always,
      'Content-Type': type,
      ...(length === undefined ? {} : { 'Content-Length': length }),
      ...closing(options),
      ...options.headers,
    })
    while (next !== undefined && next.done !== true) {
      await write(response, next.value, options.idleMs)
      next = await iterator.next()
    }
    await finish(response, undefined, options)
  } finally {
    await iterator.return?.()
    await close()
  }
}

/** Resolves when the system has taken the bytes, so that their buffer may be used again. */
function write(response: ServerResponse, bytes: Uint8Array, idleMs: number): Promise<void> {
  return taken(response, idleMs, (whenTaken) => response.write(bytes, whenTaken))
}

async function finish(
  response: ServerResponse,
  bytes: Uint8Array | undefined,
  { idleMs, body }: SendOptions,
): Promise<void> {
  if (body.isLeft) {
    if (bytes === undefined || bytes.length === 0) response.flushHeaders()
    else await write(response, bytes, idleMs)
    await body.pass()
    await taken(response, idleMs, (whenTaken) => response.end(whenTaken))
    return
  }
  await taken(response, idleMs, (whenTaken) => {
    if (bytes === undefined) response.end(whenTaken)
    else response.end(bytes, whenTaken)
  })
}

function taken(
  response: ServerResponse,
  idleMs: number,
  begin: (whenTaken: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) {
      reject(new ClientGone('the client left'))
      return
    }
    const idle = setTimeout(() => response.destroy(), idleMs)
    // What waits for a connection that is closed is never called back.
    const onClose = (): void => settle(new ClientGone('the client left'))
    const settle = (error?: Error | null): void => {
      clearTimeout(idle)
      response.off('close', onClose)
      if (error === undefined || error === null) resolve()
      else reject(error)
    }
    response.once('close', onClose)
    begin(settle)
  })
}

/** There is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}
