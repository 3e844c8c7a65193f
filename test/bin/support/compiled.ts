import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CommandIo } from '../../../bin/commands/command.ts'
import { type Captured, capturedIo } from './captured-io.ts'

/** The compiled command line in this process: worker threads of it start in a tenth of the time TypeScript ones take. */
const door = pathToFileURL(path.join(import.meta.dirname, '../../../dist/bin/process.js')).href

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly bytes: Buffer
}

export async function compiledQuern(
  words: readonly string[],
  options: {
    cwd: string
    stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
    columns?: number
    env?: Record<string, string>
    signal?: AbortSignal
  },
): Promise<Said> {
  const { enter }: { enter: (words: readonly string[], io: CommandIo) => Promise<number> } = await import(door)
  const io = capturedIo(options)
  const code = await enter(words, io)
  const text = ({ text: all }: Captured) => all
  return { code, out: text(io.stdout), err: text(io.stderr), bytes: io.stdout.bytes }
}
