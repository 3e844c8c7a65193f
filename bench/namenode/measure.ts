/**
 * Measures one thing of a namenode, in a process of its own, and prints one number:
 *
 *   measure.ts creates DIRECTORY FILES     empty files created and completed per second, each durable, 64 at once
 *   measure.ts lookups DIRECTORY FILES     statuses asked for per second, of FILES files
 *   measure.ts memory DIRECTORY FILES      bytes of heap for each file with one block; needs --expose-gc
 *   measure.ts load DIRECTORY FILES        seconds from the files of the namenode's directory to an open namenode
 *   measure.ts remote-creates|remote-lookups ROOT FILES    the same through RPC, of the namenode that runs at ROOT
 */
import { realEnv } from '../../dfs/base/env.ts'
import type { NamespaceProtocol } from '../../dfs/client/protocol.ts'
import { RemoteConnection } from '../../dfs/remote/connection.ts'
import { createFile, openNamenode, pathOf, timed, user } from './open.ts'

const inFlight = 64
/** Lookups are counted over this long. */
const lookupSeconds = 2

const measures: Readonly<Record<string, (place: string, files: number) => Promise<number>>> = {
  creates: (directory, files) => within(directory, (namenode) => creates(namenode, files, 'creates')),
  lookups: (directory, files) =>
    within(directory, async (namenode) => {
      await timed(files, 1024, (i) => createFile(namenode, pathOf(i)))
      return await lookups(namenode, files)
    }),
  memory: (directory, files) =>
    within(directory, async (namenode) => {
      // What V8 compiles and the first checkpoints leave behind is no file's.
      await timed(1000, inFlight, (i) => createFile(namenode, `/warm/${i}`, 1))
      const before = await heapBytes()
      await timed(files, 1024, (i) => createFile(namenode, pathOf(i), 1))
      await namenode.durable.checkpoint()
      return ((await heapBytes()) - before) / files
    }),
  load: async (directory) => {
    const began = performance.now()
    return await within(directory, async () => (performance.now() - began) / 1000)
  },
  'remote-creates': (root, files) =>
    remotely(root, async (namenode) => creates(namenode, files, `creates-${process.pid}`)),
  'remote-lookups': (root, files) =>
    remotely(root, async (namenode) => {
      await timed(files, 1024, (i) => createFile(namenode, `${pathOf(i)}-${process.pid}`))
      return await lookups(namenode, files, (i) => `${pathOf(i)}-${process.pid}`)
    }),
}

async function within<T>(
  directory: string,
  action: (namenode: Awaited<ReturnType<typeof openNamenode>>) => Promise<T>,
): Promise<T> {
  const namenode = await openNamenode(directory)
  try {
    return await action(namenode)
  } finally {
    await namenode.close()
  }
}

async function remotely<T>(root: string, action: (namenode: NamespaceProtocol) => Promise<T>): Promise<T> {
  const connection = await RemoteConnection.open(realEnv, root)
  try {
    return await action(connection.namenode)
  } finally {
    await connection.close()
  }
}

async function creates(namenode: NamespaceProtocol, files: number, directory: string): Promise<number> {
  // A fifth more before, so that what is measured is compiled code.
  await timed(files / 5, inFlight, (i) => createFile(namenode, `/${directory}/warm/${i}`))
  return files / (await timed(files, inFlight, (i) => createFile(namenode, `/${directory}/${pathOf(i)}`)))
}

async function lookups(namenode: NamespaceProtocol, files: number, path = pathOf): Promise<number> {
  const paths = Array.from({ length: files }, (_, i) => path(i))
  const until = performance.now() + lookupSeconds * 1000
  let done = 0
  let seconds = 0
  while (performance.now() < until) {
    // Far apart, so that no cache of the processor has the next one.
    seconds += await timed(10_000, inFlight, async (i) => {
      const path = paths[((done + i) * 7919) % files] ?? ''
      if ((await namenode.find({ user, path })) === undefined) throw new Error(`${path} is not there`)
    })
    done += 10_000
  }
  return done / seconds
}

async function heapBytes(): Promise<number> {
  if (global.gc === undefined) throw new Error('memory is measured with --expose-gc')
  for (let i = 0; i < 3; i++) {
    global.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const [name = '', place = '', files = ''] = process.argv.slice(2)
const measure = measures[name]
if (measure === undefined) throw new Error(`nothing is called ${name}`)
process.stdout.write(`${await measure(place, Number(files))}\n`)
