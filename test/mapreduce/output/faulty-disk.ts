import fs from 'node:fs/promises'
import { type OutputDisk, outputDisk } from '../../../mapreduce/output/disk.ts'

/** The process is gone: nothing it does afterwards happens either. */
export class Killed extends Error {}

export type Fault =
  | { readonly kind: 'none' }
  /** Killed before or after the n-th operation (from 1). */
  | { readonly kind: 'kill'; readonly at: number; readonly when: 'before' | 'after' }
  /** The n-th operation is refused, once. */
  | { readonly kind: 'refuse'; readonly at: number; readonly code: string }

/** The real disk with one fault in it; `operations` counts what was asked for. */
export function faultyDisk(fault: Fault): { disk: OutputDisk; operations: () => number } {
  let count = 0
  let killed = false
  const guard = async <T>(act: () => Promise<T>): Promise<T> => {
    if (killed) throw new Killed()
    count++
    if (fault.kind !== 'none' && count === fault.at) {
      if (fault.kind === 'refuse')
        throw Object.assign(new Error(`${fault.code}: refused by the test`), { code: fault.code })
      killed = true
      if (fault.when === 'after') await act()
      throw new Killed()
    }
    return await act()
  }
  const real = outputDisk
  const disk: OutputDisk = {
    kind: (path) => guard(() => real.kind(path)),
    list: (path) => guard(() => real.list(path)),
    mkdir: (path) => guard(() => real.mkdir(path)),
    rename: (from, to) => guard(() => real.rename(from, to)),
    remove: (path) => guard(() => real.remove(path)),
    removeEmpty: (path) => guard(() => real.removeEmpty(path)),
    readText: (path) => guard(() => real.readText(path)),
    // A killed process loses nothing that it wrote, so these need not wait for the disk.
    writeDurable: (path, text) => guard(() => fs.writeFile(path, text)),
    concat: (path, files) => guard(() => real.concat(path, files)),
    syncFile: () => guard(async () => {}),
    syncDirectory: () => guard(async () => {}),
  }
  return { disk, operations: () => count }
}
