import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Dfs, DfsError, type FileSystem } from '../../dfs/index.ts'

/** Bytes that differ at every offset and compress badly; the same for the same length and seed. */
export function patterned(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = (seed * 2_654_435_761 + length) >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state & 0xff
  }
  return bytes
}

export async function writeFile(dfs: FileSystem, path: string, bytes: Uint8Array, step = 100_000): Promise<void> {
  const writer = await dfs.create(path)
  for (let i = 0; i < bytes.length; i += step) await writer.write(bytes.subarray(i, i + step))
  await writer.close()
}

export async function readAll(
  dfs: FileSystem,
  path: string,
  range?: { start?: number; end?: number },
): Promise<Buffer> {
  const reader = await dfs.open(path)
  const pieces: Buffer[] = []
  try {
    for await (const piece of reader.stream(range)) pieces.push(Buffer.from(piece))
  } finally {
    await reader.close()
  }
  return Buffer.concat(pieces)
}

/** A fresh directory, in memory where that can be had (what is synced there is not the question), removed after the test file's run by `removeRoots`. */
export async function temporaryRoot(): Promise<string> {
  const root = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'quern-dfs-'))
  roots.push(root)
  return root
}

const roots: string[] = []

export async function removeRoots(): Promise<void> {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true })
}

/** Every file below a root that only a write under way may have. */
export async function temporaries(root: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && (entry.name.endsWith('.tmp') || relative(root, path).includes('/tmp/'))) found.push(path)
  }
  return found
}

/** Files below a root that this process holds open. */
export function openFiles(root: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      return path.startsWith(`${root}/`) ? [path] : []
    } catch (error) {
      // The one that the listing itself had.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  })
}

/** Names of the files in the datanodes' block directories that no located block accounts for, and those that are missing. */
export async function strayReplicas(dfs: Dfs): Promise<string[]> {
  const expected = new Set<string>()
  for await (const status of dfs.walk('/')) {
    if (status.kind !== 'file') continue
    for (const block of await dfs.locate(status.path)) {
      for (const { dataFile, checksumFile } of block.replicas) expected.add(dataFile).add(checksumFile)
    }
  }
  const actual: string[] = []
  for (const { directory } of dfs.datanodes) {
    for (const name of await readdir(join(directory, 'blocks'))) actual.push(join(directory, 'blocks', name))
  }
  return actual.filter((path) => !expected.has(path))
}

export const code = (error: unknown): string | undefined => (error instanceof DfsError ? error.code : String(error))

/** The DfsError code that `action` rejects with; 'ok' if it resolves. */
export async function outcome(action: Promise<unknown>): Promise<string | undefined> {
  return action.then(
    () => 'ok',
    (error: unknown) => code(error),
  )
}
