import { type Disk, type DiskSpace, errorCode } from '../base/disk.ts'
import { blockNames } from '../base/names.ts'

export type VolumeState =
  | { readonly kind: 'well'; readonly space: DiskSpace }
  /** Another directory has its name: a copy that was put back. What is in it is to be seen. */
  | { readonly kind: 'replaced'; readonly detail: string }
  /** The directory is gone, but the disk it was on is there: it can be made again. */
  | { readonly kind: 'emptied'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string }

/** Looks whether a datanode's directory is still what it was when it was opened. */
export class Volume {
  readonly #disk: Disk
  readonly #directory: string
  readonly #parent: string
  #device: number | undefined
  #inode: number | undefined

  constructor(disk: Disk, directory: string, parent: string) {
    this.#disk = disk
    this.#directory = directory
    this.#parent = parent
  }

  async look(): Promise<VolumeState> {
    try {
      const space = await this.#disk.space(blockNames.directory(this.#directory))
      this.#device ??= space.device
      if (space.device !== this.#device) {
        return { kind: 'failed', detail: `${this.#directory} is on another disk than before: is it mounted?` }
      }
      const replaced = this.#inode !== undefined && this.#inode !== space.inode
      this.#inode = space.inode
      if (replaced) return { kind: 'replaced', detail: `${this.#directory} was replaced by another` }
      return { kind: 'well', space }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return { kind: 'failed', detail: String(error) }
      return await this.#gone()
    }
  }

  async #gone(): Promise<VolumeState> {
    const detail = `${this.#directory} is gone`
    try {
      // Where a disk was pulled, its mount point may be left: writing there would fill the wrong disk.
      const { device } = await this.#disk.space(this.#parent)
      // Made anew, it will be another.
      this.#inode = undefined
      return this.#device === undefined || device === this.#device
        ? { kind: 'emptied', detail }
        : { kind: 'failed', detail: `${detail}, and so is the disk it was on` }
    } catch (error) {
      return { kind: 'failed', detail: `${detail}: ${String(error)}` }
    }
  }
}
