import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'

/**
 * Memory that two processes of one machine and one user both have: what is copied into it need not go through a socket, which
 * takes several times as long. Where there is none to be had, or the other process is elsewhere, one does without.
 */
export interface SharedMemory {
  /** Undefined where the system has none, or none left. */
  create(bytes: number): SharedSegment | undefined
  /** One that another process has created; undefined when it is not here, not of this user, or of another size. For reading. */
  open(name: string, bytes: number): SharedSegment | undefined
}

export interface SharedSegment {
  readonly name: string
  /** Throws when the memory is used up. */
  write(bytes: Uint8Array, at: number): void
  read(target: Uint8Array, at: number): void
  /** It can be opened by nobody else any more. Idempotent. */
  seal(): void
  /** Idempotent. */
  close(): void
}

const directory = '/dev/shm'
/** Nothing else is opened, whatever the other side says. */
const namePattern = /^quern-[0-9a-f]{32}$/

export const realSharedMemory: SharedMemory = {
  create(bytes) {
    const name = `quern-${randomBytes(16).toString('hex')}`
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants
    return attempt(join(directory, name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, (fd) => {
      fs.ftruncateSync(fd, bytes)
      return new FileSegment(name, fd)
    })
  },
  open(name, bytes) {
    if (!namePattern.test(name)) return undefined
    return attempt(join(directory, name), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW, (fd) => {
      const { size, uid } = fs.fstatSync(fd)
      return size === bytes && uid === process.getuid?.() ? new FileSegment(name, fd) : undefined
    })
  },
}

function attempt(
  path: string,
  flags: number,
  use: (fd: number) => SharedSegment | undefined,
): SharedSegment | undefined {
  let fd: number | undefined
  let segment: SharedSegment | undefined
  try {
    fd = fs.openSync(path, flags, 0o600)
    segment = use(fd)
  } catch (error) {
    // No such directory, no such file, no right to it: all the same to whoever can do without.
    if (!(error instanceof Error && 'code' in error)) throw error
  } finally {
    if (fd !== undefined && segment === undefined) fs.closeSync(fd)
  }
  return segment
}

/** Calls that wait: what they wait for is a copy in memory, and to hand it to another thread would take longer. */
class FileSegment implements SharedSegment {
  readonly name: string
  readonly #fd: number
  #open = true
  #sealed = false

  constructor(name: string, fd: number) {
    this.name = name
    this.#fd = fd
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, at + done)
    }
  }

  read(target: Uint8Array, at: number): void {
    for (let done = 0; done < target.length; ) {
      const read = fs.readSync(this.#fd, target, done, target.length - done, at + done)
      // Cut off by the other side: what is missing fails its checksum.
      if (read === 0) return
      done += read
    }
  }

  seal(): void {
    if (this.#sealed) return
    this.#sealed = true
    // Whoever comes second finds it sealed already.
    fs.rmSync(join(directory, this.name), { force: true })
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    fs.closeSync(this.#fd)
  }
}
