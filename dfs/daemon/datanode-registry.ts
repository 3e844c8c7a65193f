import { limits } from '../base/config.ts'
import type { Env } from '../base/env.ts'
import { DfsError } from '../base/errors.ts'
import { type DatanodeId, datanodeId } from '../base/ids.ts'
import type { AdminState } from '../client/administration.ts'
import { directoryOf } from '../root/format.ts'
import { type RootDatanode, type RootVersion, writeVersionFile } from '../root/version-file.ts'

/** The datanodes that belong to the root, in its version file: who they are, where, and whether they are to be emptied. */
export class DatanodeRegistry {
  readonly #env: Env
  readonly #root: string
  #version: RootVersion
  #writing: Promise<void> = Promise.resolve()

  constructor(env: Env, root: string, version: RootVersion) {
    this.#env = env
    this.#root = root
    this.#version = version
  }

  get cluster(): string {
    return this.#version.cluster
  }

  get datanodes(): readonly (RootDatanode & { readonly directory: string })[] {
    return this.#version.datanodes.map((node) => ({ ...node, directory: directoryOf(this.#root, node) }))
  }

  /**
   * Who a datanode that comes is: by its id, else by its directory, else a new one, on the rack it names or the one with fewest.
   * DFS_BAD_ARGUMENT when its id belongs to another directory.
   */
  async admit(request: {
    id?: DatanodeId
    directory: string
    rack?: string
  }): Promise<{ id: DatanodeId; rack: string }> {
    const known = this.datanodes.find(({ id }) => id === request.id)
    if (known !== undefined) {
      if (known.directory !== request.directory) {
        throw new DfsError(
          'DFS_BAD_ARGUMENT',
          `datanode ${known.id} of ${this.#root} has its replicas in ${known.directory}, not in ${request.directory}`,
        )
      }
      return known
    }
    const sameDirectory = this.datanodes.find(({ directory }) => directory === request.directory)
    if (sameDirectory !== undefined && request.id === undefined) return sameDirectory
    if (this.#version.datanodes.length >= limits.datanodesMax) {
      throw new DfsError('DFS_BAD_ARGUMENT', `${this.#root} has ${limits.datanodesMax} datanodes, the most it can have`)
    }
    const id = request.id ?? this.#freeId()
    const fresh = { id, rack: request.rack ?? this.#emptiestRack() }
    const inRoot = directoryOf(this.#root, fresh) === request.directory
    const node = inRoot ? fresh : { ...fresh, directory: request.directory }
    await this.#change([...this.#version.datanodes, node])
    return node
  }

  adminState(id: DatanodeId): AdminState {
    return this.#version.datanodes.find((node) => node.id === id)?.state ?? 'in-service'
  }

  /** Durable when it resolves. */
  async setAdminState(id: DatanodeId, state: AdminState): Promise<void> {
    await this.#change(
      this.#version.datanodes.map((node) => {
        if (node.id !== id) return node
        const { state: _old, ...rest } = node
        return state === 'in-service' ? rest : { ...rest, state }
      }),
    )
  }

  #change(datanodes: readonly RootDatanode[]): Promise<void> {
    const version = { cluster: this.#version.cluster, datanodes }
    this.#version = version
    const written = this.#writing
      .catch(() => undefined)
      .then(() => writeVersionFile(this.#env.disk, this.#root, version))
    this.#writing = written
    return written
  }

  #freeId(): DatanodeId {
    const numbers = this.#version.datanodes.map(({ id }) => Number(id.slice(2)))
    return datanodeId(`dn${Math.max(0, ...numbers) + 1}`)
  }

  #emptiestRack(): string {
    const counts = new Map<string, number>()
    for (const { rack } of this.#version.datanodes) counts.set(rack, (counts.get(rack) ?? 0) + 1)
    const [first] = [...counts].sort(([, a], [, b]) => a - b)
    return first?.[0] ?? 'rack-1'
  }
}
