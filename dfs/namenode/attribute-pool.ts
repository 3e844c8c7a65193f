import type { FileAttributes } from './inode.ts'
import type { Owner } from './record-types.ts'

/** One object for all inodes that are alike: what millions of files have in common costs each of them a pointer. */
export class AttributePool {
  readonly #attributes = new Map<string, FileAttributes>()
<<<<<<< HEAD
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
=======
  readonly #owners = new Map<string, Owner>()
  /** Most files are like the one before, and to see that takes no key. */
  #lastAttributes: FileAttributes | undefined
  #lastOwner: Owner | undefined

  attributes(wanted: FileAttributes): FileAttributes {
    const owner = this.owner(wanted.owner)
    const last = this.#lastAttributes
    if (last !== undefined && last.owner === owner && alike(last, wanted)) return last
    this.#lastAttributes = this.#find(owner, wanted)
    return this.#lastAttributes
  }

  #find(owner: Owner, wanted: FileAttributes): FileAttributes {
    const key = `${wanted.replication} ${wanted.blockSize} ${wanted.permission} ${owner.user}\0${owner.group}`
    const known = this.#attributes.get(key)
    if (known !== undefined) return known
    const { replication, blockSize, permission } = wanted
    const fresh = { replication, blockSize, owner, permission }
    this.#attributes.set(key, fresh)
    return fresh
  }

  owner(wanted: Owner): Owner {
    const last = this.#lastOwner
    if (last !== undefined && last.user === wanted.user && last.group === wanted.group) return last
    const key = `${wanted.user}\0${wanted.group}`
    const known = this.#owners.get(key) ?? wanted
    this.#owners.set(key, known)
    this.#lastOwner = known
    return known
>>>>>>> d66fe7e80023c7abc39ce6f276681bbaaf74a362
  }
}

const alike = (a: FileAttributes, b: FileAttributes): boolean =>
  a.replication === b.replication && a.blockSize === b.blockSize && a.permission === b.permission
