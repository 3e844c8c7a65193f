import type { MessagePort } from 'node:worker_threads'

/** Smaller pieces are not worth the call, and may share their memory with others. */
const worthBytes = 16 * 1024

let nowhere: MessagePort | undefined

/**
 * Gives the memory of bytes that nobody will look at again back at once; they are empty from then on. What a socket reads comes
 * in a new buffer each time, and left to the garbage collector these pile up by the ten megabytes, until a collection of
 * the whole heap is forced for their sake alone: a third of a datanode's work. Transferred to a port that is closed, the
 * memory is freed, and the next read gets the same again.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (bytes.length < worthBytes || bytes.length !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return
  nowhere ??= closedPort()
  nowhere.postMessage(undefined, [buffer])
}

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  port1.close()
  port2.close()
  return port1
}
