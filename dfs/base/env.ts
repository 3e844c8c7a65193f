import { type Disk, realDisk } from './disk.ts'
import { type Net, realNet } from './net.ts'
import { realSharedMemory, type SharedMemory } from './shared-memory.ts'

/** What the DFS takes from the machine. Decisions that depend on time or chance get them from here, never from globals. */
export interface Env {
  readonly disk: Disk
  readonly net: Net
  readonly sharedMemory: SharedMemory
  /** Milliseconds since the epoch. Only for times a person sees, never for deciding that someone is dead. */
  now(): number
  /** Milliseconds that only ever rise, from no particular beginning: for deciding what is overdue. */
  monotonic(): number
  /** 0 <= x < 1. */
  random(): number
  /** Calls `action` again and again until the given function is called; never keeps the process alive. */
  every(millis: number, action: () => void): () => void
  /** Earlier when `signal` is aborted. */
  sleep(millis: number, signal?: AbortSignal): Promise<void>
}

export const realEnv: Env = {
  disk: realDisk,
  net: realNet,
  sharedMemory: realSharedMemory,
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  every(millis, action) {
    const timer = setInterval(action, millis)
    timer.unref()
    return () => clearInterval(timer)
  },
  sleep: (millis, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, millis)
      signal?.addEventListener('abort', done)
    }),
}
