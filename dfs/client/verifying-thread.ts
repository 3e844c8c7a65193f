/** The thread of `VerifyingThreads`: what it is asked for it reads and checks, with calls that wait, and says so. */
import { parentPort, workerData } from 'node:worker_threads'
import { openReplicaReader } from '../block/replica-reader.ts'
import type { ThreadAnswer, ThreadData, ThreadRequest } from './verifying-threads.ts'

const { blocks, buffers }: ThreadData = workerData
const targets = buffers.map((buffer) => new Uint8Array(buffer))
const reader = openReplicaReader(blocks)
let told = 0

const answer = (message: ThreadAnswer): void => parentPort?.postMessage(message)

parentPort?.on('message', ({ buffer, offset, position, length }: ThreadRequest) => {
  const target = targets[buffer]
  let filled = false
  try {
    filled = target !== undefined && reader.readInto(target, offset, position, length) === length
  } catch {
    // Nothing good is left here: whoever asked tries what this thread can not, and finds the words for it.
  }
  answer({ buffer, filled, bad: reader.bad.slice(told) })
  told = reader.bad.length
})
answer('ready')
