import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { DfsError } from '../../base/errors.ts'
import { ioError } from '../../base/io-error.ts'
import { bracketed, isLoopbackName } from '../../base/net.ts'
import type { Dfs } from '../../client/dfs.ts'
import { RequestBody } from './body.ts'
import { isUnforeseen, tellFailure } from './failure.ts'
import { checkToken } from './guard.ts'
import { ownsTheRoot } from './identity.ts'
import { defaultLimits, type WebHdfsServerLimits } from './limits.ts'
import { allowedMethods, respond, type ServerFacts } from './respond.ts'
import { ClientGone, type SendOptions, send } from './send.ts'

export interface WebHdfsServerOptions {
  /** Served as whoever a request names; the server closes nothing of it. */
  readonly dfs: Dfs
  /** An address of this machine; 127.0.0.1 if not given. Anything but a loopback one needs a token. */
  readonly host?: string
  /** 0, or not given: any that is free. */
  readonly port?: number
  /** What every request has to bring, at least 256 bits. */
  readonly token?: string
  /** Further names the server goes by, e.g. that of a proxy in front of it. */
  readonly names?: readonly string[]
  /** Whom a request without `user.name` is made as; `dr.who` as in HDFS, who is no superuser. */
  readonly defaultUser?: string
  /** Who may be another by `doas`; the owner of the root if not given. */
  readonly isSuperuser?: (user: string) => boolean | Promise<boolean>
  readonly version?: string
  readonly limits?: Partial<WebHdfsServerLimits>
  /** Told of failures that neither the DFS nor the server foresaw, and of those in the middle of an answer: the client only learns that there was one. */
  readonly onError?: (error: unknown) => void
}

export interface WebHdfsServer {
  readonly address: { readonly host: string; readonly port: number }
  /** `http://host:port` */
  readonly url: string
  /** Takes no more requests and gives those that run a moment; uploads that do not end in it are dropped whole. Idempotent. */
  close(): Promise<void>
}

/** Serves WebHDFS for `dfs` over HTTP/1.1. DFS_BAD_ARGUMENT where it would be open to the network without a token. */
export async function startWebHdfs(options: WebHdfsServerOptions): Promise<WebHdfsServer> {
  const { dfs, host = '127.0.0.1', port = 0, token } = options
  const limits = { ...defaultLimits, ...options.limits }
  if (token !== undefined) checkToken(token)
  if (token === undefined && !isLoopbackName(hostName(host))) {
    throw new DfsError(
      'DFS_BAD_ARGUMENT',
      `WebHDFS on ${host} is open to the network, where everyone could be any user; give it a token, or use 127.0.0.1`,
    )
  }
  const facts: ServerFacts = {
    dfs,
    names: namesOf(host, options.names ?? []),
    token,
    urlBytesMax: limits.urlBytesMax,
    defaultUser: options.defaultUser ?? 'dr.who',
    isSuperuser: options.isSuperuser ?? ownsTheRoot(dfs),
    welcome: `quern${options.version === undefined ? '' : ` ${options.version}`}\nWebHDFS is at /webhdfs/v1/<path>?op=<operation>\n`,
  }
  const running = new Set<Promise<void>>()
  const serve = (request: IncomingMessage, response: ServerResponse, held: boolean): void => {
    const served = serveOne(request, response, held, facts, limits, options.onError ?? ((): void => undefined))
    running.add(served)
    served.finally(() => running.delete(served)).catch(() => undefined)
  }
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    // A body may take as long as it takes, if only it goes on: that is watched piece by piece.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.max(20, Math.floor(limits.headersTimeoutMs / 4)),
  })
  server.maxConnections = limits.connectionsMax
  server.on('request', (request, response) => serve(request, response, false))
  server.on('checkContinue', (request, response) => serve(request, response, true))
  const address = await listen(server, host, port)
  let closing: Promise<void> | undefined
  return {
    address: { host, port: address.port },
    url: `http://${hostName(host)}:${address.port}`,
    close: () => {
      closing ??= close(server, running, limits.closeMs)
      return closing
    },
  }
}

/** Never throws: there is nobody above it. */
async function serveOne(
  request: IncomingMessage,
  response: ServerResponse,
  held: boolean,
  facts: ServerFacts,
  limits: WebHdfsServerLimits,
  onError: (error: unknown) => void,
): Promise<void> {
  // Its failures reach whoever reads or writes; without this the ones that nobody waits for would end the process.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  try {
    const body = new RequestBody(request, response, held, limits)
    const options: SendOptions = {
      headOnly: request.method === 'HEAD',
      idleMs: limits.idleMs,
      body,
    }
    try {
      const reply = await respond(request, body, facts)
      const headers = request.method === 'OPTIONS' ? { Allow: allowedMethods } : {}
      await send(response, reply, { ...options, headers })
    } catch (error) {
      if (error instanceof ClientGone || response.destroyed) throw new ClientGone('the client left', { cause: error })
      if (isUnforeseen(error) || response.headersSent) onError(error)
      // In the middle of an answer there is only one way left to say that it is not whole.
      if (response.headersSent) throw new ClientGone('the answer broke off', { cause: error })
      await sendFailure(response, error, options)
    }
  } catch (error) {
    // The client is gone, and with it whom to tell.
    if (!(error instanceof ClientGone)) onError(error)
    response.destroy()
  }
}

async function sendFailure(response: ServerResponse, error: unknown, options: SendOptions): Promise<void> {
  const { status, body } = tellFailure(error)
  const headers = {
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(status === 405 ? { Allow: allowedMethods } : {}),
  }
  await send(response, { kind: 'json', body, status }, { ...options, headers })
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(ioError(`listening on ${host}:${port}`, error)))
    server.listen(port, host, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new TypeError('a TCP server has a port'))
      else resolve(address)
    })
  })
}

async function close(server: Server, running: ReadonlySet<Promise<void>>, closeMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const force = setTimeout(() => server.closeAllConnections(), closeMs)
  await closed
  clearTimeout(force)
  await Promise.all(running)
}

const hostName = (host: string): string => bracketed(host).toLowerCase()

/** What the server may be called. Behind an address that stands for all of them, each of this machine's, and its name. */
function namesOf(host: string, more: readonly string[]): ReadonlySet<string> {
  const names = new Set([hostName(host), ...more.map(hostName)])
  if (host === '0.0.0.0' || host === '::') {
    names.add(hostname().toLowerCase())
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address } of addresses ?? []) names.add(hostName(address))
    }
  }
  return names
}
