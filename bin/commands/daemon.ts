import { DfsError } from '../../dfs/base/errors.ts'
import { write } from '../terminal/output.ts'
import type { CommandIo } from './command.ts'
import { UsageError } from './fs/failure.ts'

export interface Daemon {
  /** What is said once it is up. */
  readonly greeting: string
  /** Resolves when it can not go on. */
  readonly failed?: Promise<unknown>
  close(): Promise<void>
}

/** Runs a daemon in the foreground until SIGINT or SIGTERM: for a supervisor, a container, or a person. */
export async function runDaemon(
  name: string,
  io: CommandIo,
  start: (say: (sentence: string) => void) => Promise<Daemon>,
): Promise<number> {
  // A log has times; who reads it over a supervisor's shoulder wants them too.
  const say = (sentence: string): void => {
    io.stderr.write(`${new Date().toISOString()} ${name}: ${sentence}\n`)
  }
  let daemon: Daemon
  try {
    daemon = await start(say)
  } catch (error) {
    if (!(error instanceof DfsError) && !(error instanceof UsageError)) throw error
    await write(io.stderr, `quern ${name}: ${error.message}\n`)
    return error instanceof UsageError || error.code === 'DFS_BAD_ARGUMENT' ? 2 : 1
  }
  say(daemon.greeting)
  const stopped = new Promise<'stopped'>((resolve) => {
    if (io.signal.aborted) resolve('stopped')
    else io.signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  const failure = (daemon.failed ?? new Promise(() => {})).then((error) => ({ error }))
  const end = await Promise.race([stopped, failure])
  if (end !== 'stopped') say(`stopping: ${end.error instanceof Error ? end.error.message : String(end.error)}`)
  try {
    await daemon.close()
  } catch (error) {
    // A journal that has failed can not be closed well; what it has acknowledged is there.
    if (!(error instanceof DfsError)) throw error
    say(error.message)
    return 1
  }
  if (end === 'stopped') say('stopped')
  return end === 'stopped' ? 0 : 1
}
