import { userInfo } from 'node:os'
import { defaults } from '../../dfs/base/config.ts'
import { realEnv } from '../../dfs/base/env.ts'
import { datanodeId } from '../../dfs/base/ids.ts'
import type { AllocatedBlock, NamespaceProtocol } from '../../dfs/client/protocol.ts'
import { EmbeddedReplicas } from '../../dfs/embedded/embedded-replicas.ts'
import { NamenodeServer } from '../../dfs/namenode/server.ts'

/** Who is superuser of a root made here, and of one whose daemons run here. */
export const user = userInfo().username

/** A namenode in this process, with its journal in `directory`, and one datanode of which nobody asks anything. */
export function openNamenode(directory: string): Promise<NamenodeServer> {
  return NamenodeServer.open({
    env: realEnv,
    directory,
    config: { ...defaults, datanodes: 1, replication: 1 },
    superuser: user,
    replicas: (state) =>
      new EmbeddedReplicas(state, [{ id: datanodeId('dn1'), rack: '/rack1', directory: '/nowhere' }], realEnv),
  })
}

const filesPerDirectory = 1000
export const pathOf = (i: number): string => `/bench/directory-${Math.floor(i / filesPerDirectory)}/file-${i}`

/** A durable file: with one block of `blockBytes`, or empty. Returns the block. */
export async function createFile(
  namenode: NamespaceProtocol,
  path: string,
  blockBytes?: number,
): Promise<AllocatedBlock | undefined> {
  const request = { user, path, holder: 'bench', overwrite: false, parents: true, replication: 1 }
  const { file } = await namenode.create(request)
  const block =
    blockBytes === undefined
      ? undefined
      : await namenode.addBlock({ file, index: 0, previousLength: 0, writer: undefined, excluded: [] })
  await namenode.complete({ file, lastLength: blockBytes ?? 0 })
  return block
}

/** Runs `step` for 0 to `count`, `atOnce` of them at the same time; resolves to seconds. */
export async function timed(count: number, atOnce: number, step: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await step(next++)
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: atOnce }, lane))
  return (performance.now() - began) / 1000
}
