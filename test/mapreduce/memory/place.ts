import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { measure } from '../../../bench/measure.ts'

const quern = new URL('../../../dist/bin/quern.js', import.meta.url).pathname
const fixtures = new URL('./fixtures/', import.meta.url).pathname

export const MB = 1_000_000
/** What node, the threads' heaps and the code may take beside `--memory`. */
export const RUNTIME_BYTES = 300 * MB

/** A directory for one big job: its input, its output, and the temporary files between. */
export class BigPlace implements Disposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'quern-memory-'))

  at(...names: string[]): string {
    return path.join(this.directory, ...names)
  }

  write(name: string, chunks: Iterable<Uint8Array>): string {
    const fd = openSync(this.at(name), 'w')
    try {
      for (const chunk of chunks) for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at)
    } finally {
      closeSync(fd)
    }
    return this.at(name)
  }

  /** Runs the command as a user would; the largest resident set of the whole process, and the parts in order. */
  async run(
    job: string,
    inputs: readonly string[],
    memoryBytes: number,
    more: readonly string[] = [],
  ): Promise<{ peakBytes: number; seconds: number; parts: string[] }> {
    const out = this.at('out')
    rmSync(out, { recursive: true, force: true })
    const module = job.endsWith('.mjs') ? path.join(fixtures, job) : job
    const args = ['run', module, '-i', ...inputs, '-o', out, '--memory', String(memoryBytes), '--quiet', ...more]
    const env = { QUERN_TMP: this.at('tmp') }
    const { peakBytes, seconds } = await measure(
      { command: process.execPath, args: [quern, ...args], env },
      this.directory,
    )
    const parts = readdirSync(out).filter((name) => name.startsWith('part-'))
    return { peakBytes, seconds, parts: parts.sort().map((name) => path.join(out, name)) }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
