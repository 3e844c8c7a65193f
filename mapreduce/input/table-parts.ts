import type { InputFile } from '../master/task.ts'
import { TableFile } from '../table/table-file.ts'
import { type ByteSource, openStored } from './byte-source.ts'

/** More part files than this are opened again for each key: a process has only so many descriptors. */
const OPEN_FILES_MAX = 256

/** The files of a table, opened when they are come to. */
export class TableParts implements Iterable<TableFile> {
  readonly #files: readonly InputFile[]
  readonly #open = new Map<InputFile, { readonly source: ByteSource; readonly table: TableFile }>()

  constructor(files: readonly InputFile[]) {
    this.#files = files
  }

  *[Symbol.iterator](): Iterator<TableFile> {
    for (const file of this.#files) {
      const part = this.#open.get(file) ?? this.#openPart(file)
      yield part.table
      if (this.#open.size <= OPEN_FILES_MAX) continue
      part.source.close()
      this.#open.delete(file)
    }
  }

  close(): void {
    for (const { source } of this.#open.values()) source.close()
    this.#open.clear()
  }

  #openPart(file: InputFile): { readonly source: ByteSource; readonly table: TableFile } {
    const source = openStored(file, '')
    try {
      const part = { source, table: new TableFile(source, file.name) }
      this.#open.set(file, part)
      return part
    } catch (error) {
      source.close()
      throw error
    }
  }
}
