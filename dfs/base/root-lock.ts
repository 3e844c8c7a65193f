import * as fs from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { errorCode } from './disk.ts'
import { DfsError } from './errors.ts'
import { ioError } from './io-error.ts'
import { rootNames } from './names.ts'
import { isAlive, pidOf, processIdentity } from './process-identity.ts'

/**
 * One process at a time on a root. On Linux a name in the abstract socket space is the lock: the kernel gives it to one
 * and takes it back the moment the holder dies, however it dies. The lock file says who holds it, and is the lock itself
 * between network namespaces and on other systems, where it counts while the process it names lives.
 */
export interface RootLock {
  release(): Promise<void>
}

export interface DirectoryLock extends RootLock {
  /** Says again who holds the directory, where it was deleted or replaced under its holder. */
  renew(): Promise<void>
}

/** Of the 108 that an address has, without the zero and the prefix, with some to spare. */
const socketNameBytesMax = 90

/** DFS_LOCKED names the process that holds the root. */
export async function lockRoot(root: string): Promise<DirectoryLock> {
  const real = await fs.realpath(root)
  const socket = process.platform === 'linux' ? await bindName(real) : undefined
  try {
    await claimFile(real)
  } catch (error) {
    await closeServer(socket)
    throw error
  }
  return {
    async renew() {
      await fs.rm(rootNames.lock(real), { force: true })
      await claimFile(real)
    },
    async release() {
      await fs.rm(rootNames.lock(real), { force: true })
      await closeServer(socket)
    },
  }
}

/** Identity of the living process that holds a directory; undefined where none does. */
export async function lockHolder(directory: string): Promise<string | undefined> {
  const holder = await readHolder(directory)
  return holder !== undefined && isAlive(holder) ? holder : undefined
}

async function bindName(root: string): Promise<Server> {
  const name = `\0quern-${socketName(root)}`
  const server = createServer((connection) => connection.destroy())
  server.unref()
  const failure = await new Promise<unknown>((resolve) => {
    server.once('error', resolve)
    server.listen(name, () => resolve(undefined))
  })
  if (failure === undefined) return server
  if (errorCode(failure) === 'EADDRINUSE') throw locked(root, await holderOf(root))
  throw ioError(`locking ${root}`, failure)
}

/** The path itself where it fits: a hash takes as long to load as all else here takes to run. */
function socketName(root: string): string {
  if (Buffer.byteLength(root) <= socketNameBytesMax) return root
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(root).digest('hex').slice(0, 40)
}

/** The holder writes its file just after it has the name, so a reader in between waits a moment for it. */
async function holderOf(root: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const holder = await readHolder(root)
    if (holder !== undefined && isAlive(holder)) return holder
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return undefined
}

async function readHolder(root: string): Promise<string | undefined> {
  try {
    return (await fs.readFile(rootNames.lock(root), 'latin1')).slice(0, 200).trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw ioError(`reading the lock of ${root}`, error)
  }
}

async function claimFile(root: string): Promise<void> {
  const file = rootNames.lock(root)
  for (;;) {
    try {
      await fs.writeFile(file, `${processIdentity()}\n`, { flag: 'wx' })
      return
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw ioError(`locking ${root}`, error)
    }
    const holder = await readHolder(root)
    if (holder === undefined) continue
    if (isAlive(holder) && holder !== processIdentity()) throw locked(root, holder)
    if (holder === processIdentity() && process.platform !== 'linux') throw locked(root, holder)
    await fs.rm(file, { force: true })
  }
}

function locked(root: string, holder: string | undefined): DfsError {
  const pid = holder === undefined ? undefined : pidOf(holder)
  const who =
    pid === undefined ? 'another process' : pid === process.pid ? `this process (pid ${pid})` : `process ${pid}`
  return new DfsError(
    'DFS_LOCKED',
    `${root} is in use by ${who}; one process at a time can open it: wait for it to end, or use another root`,
  )
}

async function closeServer(server: Server | undefined): Promise<void> {
  if (server === undefined) return
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
