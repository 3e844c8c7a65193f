import { crc32 } from 'node:zlib'
import { MrError } from '../base/errors.ts'
import type { SideFile } from '../job.ts'
import type { SideBytes } from '../master/task.ts'
import { Text } from '../record/text.ts'

const LF = 10
const CR = 13

/** The side files of a job by name, as user code sees them. `checked` finds a job that writes into one. */
export class SideFiles {
  readonly #files: ReadonlyMap<string, SideFile>

  readonly #sums: ReadonlyMap<MemorySideFile, number>

  constructor(sides: readonly SideBytes[], checked = false) {
    const files = sides.map((side) => new MemorySideFile(side))
    this.#files = new Map(files.map((file) => [file.name, file]))
    this.#sums = new Map(checked ? files.map((file) => [file, crc32(file.bytes())]) : [])
  }

  /** After a task: MR_BAD_JOB when the bytes are not those that were given. */
  check(): void {
    for (const [file, sum] of this.#sums) {
      if (crc32(file.bytes()) === sum) continue
      throw new MrError(
        'MR_BAD_JOB',
        `the job wrote into the side file ${file.name}, which all workers share. Copy what is to be changed: Buffer.from(ctx.side('${file.name}').bytes())`,
      )
    }
  }

  get(name: string): SideFile {
    const found = this.#files.get(name)
    if (found !== undefined) return found
    const names = [...this.#files.keys()]
    throw new MrError(
      'MR_BAD_PARAM',
      `The job asks for the side file ${JSON.stringify(name)}, which was not given. Add --side ${name}=PATH.${names.length === 0 ? '' : ` Given: ${names.join(', ')}.`}`,
    )
  }
}

class MemorySideFile implements SideFile {
  readonly name: string
  readonly path: string
  readonly #bytes: Buffer
  #text: string | undefined

  constructor({ name, path, bytes }: SideBytes) {
    this.name = name
    this.path = path
    this.#bytes = Buffer.from(bytes)
  }

  bytes(): Buffer {
    return this.#bytes
  }

  text(): string {
    this.#text ??= this.#bytes.toString()
    return this.#text
  }

  *lines(): Generator<Text> {
    const bytes = this.#bytes
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.indexOf(LF, start)
      const end = found < 0 ? bytes.length : found
      yield new Text(bytes, start, found > start && bytes[end - 1] === CR ? end - 1 : end)
      start = end + 1
    }
  }

  json(): unknown {
    try {
      return JSON.parse(this.text())
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      throw new MrError('MR_BAD_INPUT', `The side file ${this.path} is no JSON: ${cause.message}`, { cause })
    }
  }
}
