import type { Readable, Writable } from 'node:stream'

/** What a command sees of the world; tests pass their own. */
export interface CommandIo {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborted on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/**
 * One command of `quern`. Modules are imported only when their command is asked for, so that `quern --version` and
 * small commands start fast. `run` resolves to the exit code: 0 done, 1 failed, 2 wrong usage or bad input.
 */
export interface Command {
  readonly name: string
  readonly summary: string
  run(argv: readonly string[], io: CommandIo): Promise<number>
}
