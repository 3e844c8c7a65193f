import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { DfsWriter, FileSystem } from '../../dfs/client/file-system.ts'
import type { FileStatus } from '../../dfs/client/status.ts'

export interface SuiteSubject extends AsyncDisposable {
  /** As the superuser. */
  readonly fileSystem: FileSystem
  /** The same, as a user of no privileges. */
  as(user: string): Promise<FileSystem>
  /** What the subject itself stands on, if anything: the same files. */
  readonly beside?: FileSystem
}

/** What the tests of the suite stand on: one file system for all of them, and in it a directory for each. */
export class SuiteGround {
  #subject: SuiteSubject | undefined
  #tests = 0
  /** The directory of the test that runs. */
  top = ''

  constructor(open: () => Promise<SuiteSubject>) {
    beforeAll(async () => {
      this.#subject = await open()
    })
    afterAll(async () => {
      await this.#subject?.[Symbol.asyncDispose]()
    })
    beforeEach(async () => {
      this.top = `/test${++this.#tests}`
      await this.fs.mkdir(this.top, { permission: 0o777 })
      await this.fs.setPermission(this.top, 0o777)
    })
  }

  get subject(): SuiteSubject {
    if (this.#subject === undefined) throw new TypeError('the suite has not begun')
    return this.#subject
  }

  get fs(): FileSystem {
    return this.subject.fileSystem
  }

  readonly at = (path: string): string => this.top + path

  readonly write = async (path: string, content: Uint8Array | string, overwrite = false): Promise<void> => {
    await fill(await this.fs.create(this.at(path), { overwrite }), content)
  }

  readonly append = async (path: string, content: Uint8Array | string): Promise<void> => {
    await fill(await this.fs.append(this.at(path)), content)
  }

  readonly bytes = async (path: string, range?: { start?: number; end?: number }): Promise<Buffer> => {
    const reader = await this.fs.open(this.at(path))
    const pieces: Buffer[] = []
    for await (const piece of reader.stream(range)) pieces.push(Buffer.from(piece))
    await reader.close()
    return Buffer.concat(pieces)
  }

  readonly text = async (path: string): Promise<string> => (await this.bytes(path)).toString()

  readonly below = (statuses: readonly FileStatus[]): string[] =>
    statuses.map(({ path }) => path.slice(this.top.length))

  readonly walked = async (path: string): Promise<string[]> => {
    const all: FileStatus[] = []
    for await (const status of this.fs.walk(this.at(path))) all.push(status)
    return this.below(all)
  }
}

async function fill(writer: DfsWriter, content: Uint8Array | string): Promise<void> {
  try {
    await writer.write(Buffer.from(content))
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}
