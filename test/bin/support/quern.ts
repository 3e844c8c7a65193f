import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { enter } from '../../../bin/door.ts'
import { memoryIo } from './memory-io.ts'

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly bytes: Buffer
}

/** An empty working directory and a root beside it, with the whole command line run in this process. */
export class Quern implements AsyncDisposable {
  readonly base: string
  readonly cwd: string
  readonly root: string

  static async make(): Promise<Quern> {
    const quern = new Quern(await mkdtemp(join(tmpdir(), 'quern-bin-')))
    await mkdir(quern.cwd)
    return quern
  }

  constructor(base: string) {
    this.base = base
    this.cwd = join(base, 'cwd')
    this.root = join(base, 'root')
  }

  async run(
    words: readonly string[],
    options: { stdin?: string | Readable; signal?: AbortSignal; env?: Record<string, string> } = {},
  ): Promise<Outcome> {
    const { stdin, signal, env } = options
    const io = memoryIo({
      cwd: this.cwd,
      root: this.root,
      ...(stdin === undefined
        ? {}
        : { stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin }),
      ...(signal === undefined ? {} : { signal }),
      ...(env === undefined ? {} : { env }),
    })
    const code = await enter(words, io)
    return { code, out: io.stdout.text, err: io.stderr.text, bytes: io.stdout.bytes }
  }

  fs(...words: readonly string[]): Promise<Outcome> {
    return this.run(['fs', ...words])
  }

  /** For the steps that set a test up: anything but success fails it with what was said. */
  async ok(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await this.fs(...words)
    if (code !== 0) throw new Error(`quern fs ${words.join(' ')} ended with ${code}: ${err}`)
    return out
  }

  async file(path: string, content: string): Promise<void> {
    const { code, err } = await this.run(['fs', '-put', '-f', '-', path], { stdin: content })
    if (code !== 0) throw new Error(`put of ${path} ended with ${code}: ${err}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.base, { recursive: true, force: true })
  }
}
