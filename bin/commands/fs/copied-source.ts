/** What a move has copied of a source. All of it is removed once all of it is copied; when anything failed, nothing is. */
export class CopiedSource {
  failed = false
  readonly files: string[] = []
  /** Parents before their children. */
  readonly directories: string[] = []

  /** Path by path and no deeper, so what came to lie there meanwhile is not lost but keeps its directory, which is then told. */
  async remove(remove: {
    file: (path: string) => Promise<unknown>
    directory: (path: string) => Promise<unknown>
  }): Promise<void> {
    if (this.failed) return
    for (const path of this.files) await remove.file(path)
    for (const path of this.directories.toReversed()) await remove.directory(path)
  }
}
