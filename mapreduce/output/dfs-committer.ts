import type { Dfs, FileId } from '../../dfs/index.ts'
import { successName } from './commit.ts'
import { copyInto, UploadingCommitter, type UploadingOptions } from './uploading-committer.ts'

export interface DfsCommitterOptions extends UploadingOptions {
  readonly dfs: Dfs
}

/**
 * Output in the DFS. The commit of a task uploads its attempt as a detached file, durable but in no directory; the job's
 * commit is one journal record that makes the directory with all of them in it.
 */
export class DfsCommitter extends UploadingCommitter<FileId> {
  readonly #dfs: Dfs
  #published = false

  constructor(options: DfsCommitterOptions) {
    super(options.dfs, options)
    this.#dfs = options.dfs
  }

  async commitJob(parts: readonly string[]): Promise<void> {
    const { output, overwrite } = this.options
    const files = parts.map((name) => {
      const file = this.files.get(name)
      if (file === undefined) throw new Error(`commit of ${this.shownPath} without ${name}`)
      return { name, file }
    })
    try {
      const success = await (await this.#dfs.createDetached()).close()
      this.files.set(successName, success)
      await this.#dfs.publish(output, [...files, { name: successName, file: success }], { overwrite })
    } catch (error) {
      throw this.explain(error)
    }
    this.#published = true
  }

  async close(): Promise<void> {
    if (this.#published) return
    await this.forget([...this.files.keys()])
  }

  protected async upload(_name: string, files: readonly string[]): Promise<FileId> {
    const writer = await this.#dfs.createDetached()
    try {
      for (const file of files) await copyInto(writer, file)
      return await writer.close()
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  protected async drop(file: FileId): Promise<void> {
    await this.#dfs.discardDetached(file)
  }
}
