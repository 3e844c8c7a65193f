import type { FileAttributes } from './inode.ts'
import type { Owner } from './record-types.ts'

/** One object for all inodes that are alike: what millions of files have in common costs each of them a pointer. */
export class AttributePool {
  readonly #attributes = new Map<string, FileAttributes>()
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
  }
}

const alike = (a: FileAttributes, b: FileAttributes): boolean =>
  a.replication === b.replication && a.blockSize === b.blockSize && a.permission === b.permission
