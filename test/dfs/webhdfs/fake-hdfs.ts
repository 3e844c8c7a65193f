import { once } from 'node:events'
import http from 'node:http'
import type { FileSystem } from '../../../dfs/client/file-system.ts'
import { openFileSystem } from '../../../dfs/index.ts'
import type { WebHdfsOptions } from '../../../dfs/webhdfs/client/options.ts'

/** What one of the two servers was asked. */
export interface Asked {
  readonly at: 'namenode' | 'datanode'
  readonly method: string
  readonly op: string
  readonly path: string
  readonly params: URLSearchParams
  readonly headers: http.IncomingHttpHeaders
}

/** Answers in place of the server; false: it answers itself after all. */
export type Fault = (asked: Asked, request: http.IncomingMessage, response: http.ServerResponse) => boolean

interface Node {
  readonly bytes: Buffer | undefined
  readonly id: number
  readonly permission: string
}

/**
 * A namenode and a datanode, on two ports, that behave as HDFS's do where a client can see it: the first only redirects
 * to the second, files are visible while they are written, and the half of one stays when its writer dies.
 */
export class FakeHdfs {
  readonly asked: Asked[] = []
  readonly tree = new Map<string, Node>()
  /** Entries in one piece of a listing; 0: an HDFS that has no LISTSTATUS_BATCH. */
  batch = 2
  fault: Fault = () => false
  #ids = 16_385
  #ports = { namenode: 0, datanode: 0 }
  /** Files that a datanode is writing to. */
  readonly #leased = new Set<string>()
  readonly #namenode: http.Server
  readonly #datanode: http.Server

  private constructor() {
    this.tree.set('/', this.#node(undefined))
    this.#namenode = http.createServer((request, response) => this.#serve('namenode', request, response))
    this.#datanode = http.createServer((request, response) => this.#serve('datanode', request, response))
  }

  static async start(): Promise<FakeHdfs> {
    const fake = new FakeHdfs()
    fake.#ports = { namenode: await listen(fake.#namenode), datanode: await listen(fake.#datanode) }
    return fake
  }

  get url(): string {
    return `webhdfs://127.0.0.1:${this.#ports.namenode}`
  }

  get datanode(): string {
    return `127.0.0.1:${this.#ports.datanode}`
  }

  /** A client with little patience. */
  async client(options: Partial<WebHdfsOptions> = {}): Promise<FileSystem> {
    const timing = { connect: 2_000, silence: 2_000, attempts: 3, pause: 1, ...options.timing }
    return await openFileSystem(this.url, { user: 'ada', ...options, timing })
  }

  async stop(): Promise<void> {
    for (const server of [this.#namenode, this.#datanode]) {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    }
  }

  async stopDatanode(): Promise<void> {
    this.#datanode.closeAllConnections()
    await new Promise((resolve) => this.#datanode.close(resolve))
  }

  put(path: string, bytes: Uint8Array | string): void {
    this.#parents(path)
    this.tree.set(path, this.#node(Buffer.from(bytes)))
  }

  mkdir(path: string): void {
    this.#parents(path)
    this.tree.set(path, this.#node(undefined))
  }

  content(path: string): string | undefined {
    return this.tree.get(path)?.bytes?.toString()
  }

  ops(at?: Asked['at']): string[] {
    return this.asked.filter((one) => at === undefined || one.at === at).map(({ op }) => op)
  }

  /** Changes the next `times` answers to `op` of one of the servers. */
  failNext(at: Asked['at'], op: string, fault: (...args: Parameters<Fault>) => void, times = 1): void {
    let left = times
    this.fault = (asked, request, response) => {
      if (asked.at !== at || asked.op !== op || left === 0) return false
      left--
      fault(asked, request, response)
      return true
    }
  }

  #node(bytes: Buffer | undefined, permission = bytes === undefined ? '755' : '644'): Node {
    return { bytes, id: this.#ids++, permission }
  }

  #parents(path: string): void {
    for (let above = parentOf(path); above !== '/'; above = parentOf(above)) {
      if (!this.tree.has(above)) this.tree.set(above, this.#node(undefined))
    }
  }

  #serve(at: Asked['at'], request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x')
    const asked: Asked = {
      at,
      method: request.method ?? '',
      op: url.searchParams.get('op') ?? '',
      path: decodeURIComponent(url.pathname.slice('/webhdfs/v1'.length)).replace(/(.)\/$/, '$1'),
      params: url.searchParams,
      headers: request.headers,
    }
    this.asked.push(asked)
    if (this.fault(asked, request, response)) return
    if (at === 'datanode') this.#data(asked, request, response)
    else this.#names(asked, url, response)
  }

  #names({ op, path, params }: Asked, url: URL, response: http.ServerResponse): undefined {
    const node = this.tree.get(path)
    switch (op) {
      case 'OPEN':
      case 'APPEND':
        if (node?.bytes === undefined)
          return refuse(response, 404, 'FileNotFoundException', `Path is not a file: ${path}`)
        return this.#redirect(url, response)
      case 'CREATE':
        return this.#redirect(url, response)
      case 'GETFILESTATUS':
        if (node === undefined) {
          return refuse(response, 404, 'FileNotFoundException', `File does not exist: ${path}`)
        }
        return json(response, { FileStatus: this.status(path, '') })
      case 'LISTSTATUS':
        return json(response, { FileStatuses: { FileStatus: this.#children(path) } })
      case 'LISTSTATUS_BATCH': {
        if (this.batch === 0) {
          return refuse(
            response,
            400,
            'IllegalArgumentException',
            'Invalid value for webhdfs parameter "op": No enum constant GetOpParam.Op.LISTSTATUS_BATCH',
          )
        }
        const after = params.get('startAfter')
        const left = this.#children(path).filter(({ pathSuffix }) => after === null || pathSuffix > after)
        const piece = left.slice(0, this.batch)
        return json(response, {
          DirectoryListing: {
            partialListing: { FileStatuses: { FileStatus: piece } },
            remainingEntries: left.length - piece.length,
          },
        })
      }
      case 'MKDIRS':
        this.mkdir(path)
        return json(response, { boolean: true })
      case 'DELETE': {
        const below = this.#below(path)
        if (below.length > 0 && params.get('recursive') !== 'true') {
          return refuse(response, 403, 'PathIsNotEmptyDirectoryException', `${path} is non empty`)
        }
        for (const inside of below) this.tree.delete(inside)
        return json(response, { boolean: this.tree.delete(path) })
      }
      case 'TRUNCATE':
        if (this.#leased.has(path)) {
          return refuse(response, 403, 'AlreadyBeingCreatedException', `${path} is being written`)
        }
        if (node?.bytes !== undefined) {
          this.tree.set(path, { ...node, bytes: node.bytes.subarray(0, Number(params.get('newlength'))) })
        }
        return json(response, { boolean: true })
      case 'RENAME':
        return this.#rename(path, params, response)
      default:
        return refuse(response, 400, 'IllegalArgumentException', `Invalid value for webhdfs parameter "op": ${op}`)
    }
  }

  #rename(from: string, params: URLSearchParams, response: http.ServerResponse): undefined {
    const options = params.get('renameoptions')
    const asked = params.get('destination') ?? ''
    const standing = this.tree.get(asked)
    const into = standing !== undefined && standing.bytes === undefined && options === null
    const to = into ? `${asked}/${from.slice(from.lastIndexOf('/') + 1)}` : asked
    if (!this.tree.has(from) || !this.tree.has(parentOf(to)) || (options === null && this.tree.has(to))) {
      return options === null
        ? json(response, { boolean: false })
        : refuse(response, 404, 'FileNotFoundException', `rename source ${from} is not found.`)
    }
    if (this.tree.has(to) && options !== 'OVERWRITE') {
      return refuse(response, 403, 'FileAlreadyExistsException', `rename destination ${to} already exists`)
    }
    if (this.#below(to).length > 0) {
      return refuse(response, 403, 'IOException', `rename destination directory is not empty: ${to}`)
    }
    for (const moved of [from, ...this.#below(from)]) {
      const node = this.tree.get(moved)
      this.tree.delete(moved)
      if (node !== undefined) this.tree.set(to + moved.slice(from.length), node)
    }
    if (options === null) return json(response, { boolean: true })
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.end()
  }

  #below(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`
    return [...this.tree.keys()].filter((inside) => inside !== '/' && inside.startsWith(prefix))
  }

  #data({ op, path, params }: Asked, request: http.IncomingMessage, response: http.ServerResponse): void {
    if (op === 'OPEN') {
      const offset = Number(params.get('offset') ?? 0)
      const length = Number(params.get('length') ?? Number.MAX_SAFE_INTEGER)
      const bytes = this.tree.get(path)?.bytes ?? Buffer.alloc(0)
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end(bytes.subarray(offset, offset + length))
      return
    }
    const before = this.tree.get(path)?.bytes
    this.#parents(path)
    const node = op === 'APPEND' ? this.tree.get(path) : undefined
    const growing = node ?? this.#node(Buffer.alloc(0), params.get('permission') ?? '755')
    this.tree.set(path, growing)
    this.#leased.add(path)
    request.on('close', () => this.#leased.delete(path))
    let bytes = op === 'APPEND' ? (before ?? Buffer.alloc(0)) : Buffer.alloc(0)
    request.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece])
      if (this.tree.get(path)?.id === growing.id) this.tree.set(path, { ...growing, bytes })
    })
    request.on('end', () => {
      response.writeHead(op === 'CREATE' ? 201 : 200, { 'content-length': '0' })
      response.end()
    })
  }

  #redirect(url: URL, response: http.ServerResponse): undefined {
    const location = `http://${this.datanode}${url.pathname}${url.search}&namenoderpcaddress=fake`
    response.writeHead(307, { location, 'content-length': '0', 'content-type': 'application/octet-stream' })
    response.end()
  }

  #children(path: string) {
    if (this.tree.get(path)?.bytes !== undefined) return [this.status(path, '')]
    return [...this.tree.keys()]
      .filter((child) => child !== '/' && parentOf(child) === path)
      .sort()
      .map((child) => this.status(child, child.slice(child.lastIndexOf('/') + 1)))
  }

  /** As HDFS tells it. */
  status(path: string, pathSuffix: string) {
    const node = this.tree.get(path)
    const bytes = node?.bytes
    return {
      accessTime: 1_700_000_000_000,
      blockSize: bytes === undefined ? 0 : 134_217_728,
      childrenNum: bytes === undefined ? [...this.tree.keys()].filter((child) => parentOf(child) === path).length : 0,
      fileId: node?.id ?? 0,
      group: 'supergroup',
      length: bytes?.length ?? 0,
      modificationTime: 1_700_000_000_000,
      owner: 'hdfs',
      pathSuffix,
      permission: node?.permission ?? '755',
      replication: bytes === undefined ? 0 : 3,
      storagePolicy: 0,
      type: bytes === undefined ? 'DIRECTORY' : 'FILE',
    }
  }
}

export function json(response: http.ServerResponse, body: unknown): undefined {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

export function refuse(response: http.ServerResponse, status: number, exception: string, message: string): undefined {
  const text = JSON.stringify({ RemoteException: { exception, javaClassName: `somewhere.${exception}`, message } })
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(text)
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

async function listen(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen')
  return address.port
}
