import type { Writable } from 'node:stream'

/** The reader of our output went away (`| head`): no failure, nobody wants the rest. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/**
 * Writes and waits until the bytes are handed over, so that memory stays bounded by the slowest reader and `bytes` may
 * be reused afterwards. Throws OutputClosed when the reader is gone and the stream's own error otherwise (disk full).
 */
export function write(stream: Writable, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) {
      reject(new OutputClosed('output is closed'))
      return
    }
    stream.write(bytes, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(isClosedPipe(error) ? new OutputClosed('output is closed', { cause: error }) : error)
    })
  })
}

export function isClosedPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ERR_STREAM_WRITE_AFTER_END')
  )
}
