import path from 'node:path'
import type { Dfs } from '../../dfs/index.ts'
import type { OutputCommitter } from '../output/commit.ts'
import type { OutputDisk } from '../output/disk.ts'
import { LocalCommitter } from '../output/local-committer.ts'
import type { DataPath, OpenRemote } from './job-options.ts'
import { ownerIsDead } from './owner.ts'
import { openPlace } from './remote-place.ts'
import type { Scratch } from './scratch.ts'

export interface OutputPlace {
  readonly output: DataPath
  readonly overwrite: boolean
  /** Of the process and job that own what is temporary. */
  readonly tag: string
  readonly scratch: Scratch
  readonly disk: OutputDisk
  readonly openDfs: () => Promise<Dfs>
  readonly openRemote: OpenRemote | undefined
}

export async function committerFor(place: OutputPlace): Promise<OutputCommitter> {
  const { output, overwrite, tag, scratch, disk } = place
  const shownPath = shown(output)
  if (output.kind === 'dfs') {
    const dfs = await place.openDfs()
    const { DfsCommitter } = await import('../output/dfs-committer.ts')
    return new DfsCommitter({
      dfs,
      output: output.path,
      shownPath,
      overwrite,
      scratch: scratch.directory,
    })
  }
  if (output.kind === 'webhdfs') {
    const { fileSystem, inside } = await openPlace(output.path, place.openRemote)
    const { RemoteCommitter } = await import('../output/remote-committer.ts')
    return new RemoteCommitter({
      fileSystem,
      output: inside,
      shownPath,
      overwrite,
      tag,
      scratch: scratch.directory,
      isDead: ownerIsDead,
    })
  }
  return new LocalCommitter({
    output: path.resolve(output.path),
    shownPath,
    overwrite,
    tag,
    disk,
    record: (record) => scratch.record(record),
  })
}

/** As the user writes it. */
export function shown({ kind, path: where }: DataPath): string {
  return kind === 'dfs' ? `dfs:${where}` : where
}
