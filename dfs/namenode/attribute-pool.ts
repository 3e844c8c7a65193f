import type { FileAttributes } from './inode.ts'
import type { Owner } from './record-types.ts'

/** One object for all inodes that are alike: what millions of files have in common costs each of them a pointer. */
export class AttributePool {
  readonly #attributes = new Map<string, FileAttributes>()
  /** By user, then by group. */
  readonly #owners = new Map<string, Map<string, Owner>>()
  #last: FileAttributes | undefined

  attributes({ replication, blockSize, permission, owner: wanted }: FileAttributes): FileAttributes {
    const owner = this.owner(wanted)
    const last = this.#last
    // Files come one after the other that are alike, and a key is a string to be made.
    if (last?.owner === owner && last.replication === replication && last.blockSize === blockSize) {
      if (last.permission === permission) return last
    }
    const key = `${replication} ${blockSize} ${permission} ${owner.user}\0${owner.group}`
    let known = this.#attributes.get(key)
    if (known === undefined) {
      known = { replication, blockSize, owner, permission }
      this.#attributes.set(key, known)
    }
    this.#last = known
    return known
  }

  owner(wanted: Owner): Owner {
    let groups = this.#owners.get(wanted.user)
    if (groups === undefined) {
      groups = new Map()
      this.#owners.set(wanted.user, groups)
    }
    const known = groups.get(wanted.group)
    if (known !== undefined) return known
    groups.set(wanted.group, wanted)
    return wanted
  }
}
