import type { FileAttributes } from './inode.ts'
import type { Owner } from './record-types.ts'

/** One object for all inodes that are alike: what millions of files have in common costs each of them a pointer. */
export class AttributePool {
  readonly #attributes = new Map<string, FileAttributes>()
  readonly #owners = new Map<string, Owner>()

  attributes(wanted: FileAttributes): FileAttributes {
    const owner = this.owner(wanted.owner)
    const key = `${wanted.replication} ${wanted.blockSize} ${wanted.permission} ${owner.user}\0${owner.group}`
    const known = this.#attributes.get(key)
    if (known !== undefined) return known
    const { replication, blockSize, permission } = wanted
    const fresh = { replication, blockSize, owner, permission }
    this.#attributes.set(key, fresh)
    return fresh
  }

  owner(wanted: Owner): Owner {
    const key = `${wanted.user}\0${wanted.group}`
    const known = this.#owners.get(key)
    if (known !== undefined) return known
    this.#owners.set(key, wanted)
    return wanted
  }
}
