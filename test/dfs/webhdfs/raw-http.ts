import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'

/** Plain HTTP, so that what is on the wire is what is tested: no redirect is followed, nothing is retried. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

export function ask(method: string, url: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body } = options
    const chunked = options.headers?.['Transfer-Encoding'] !== undefined
    const length =
      body === undefined ? (method === 'PUT' || method === 'POST' ? 0 : undefined) : Buffer.byteLength(body)
    const headers = {
      ...(length === undefined || chunked ? {} : { 'Content-Length': String(length) }),
      ...options.headers,
    }
    const asked = request(url, { method, headers, agent }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(pieces)
        const text = bytes.toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sends bytes as they are and gives everything that comes back until the server closes, or until `ms` have passed. */
export function speak(port: number, lines: string | Uint8Array, ms = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    const timer = setTimeout(() => socket.destroy(), ms)
    socket.on('connect', () => socket.write(lines))
    socket.on('data', (piece: Buffer) => {
      heard += piece.toString('latin1')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(heard)
    })
  })
}

/** `/webhdfs/v1` with a path and parameters, encoded. */
export function webHdfsUrl(base: string, path: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${base}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?${query.join('&')}`
}
