import { writeSync } from 'node:fs'
import { enter } from './door.ts'
import { isClosedPipe, OutputClosed } from './terminal/output.ts'

// The compiled command line without a process around it, for whoever runs it within one.
export { enter }

/** Time a command gets to wind up after its reader left or it was interrupted while its output is gone. */
const windUpMs = 2000

/**
 * Binds the command line to this process: its streams, its signals, its exit code. The first SIGINT or SIGTERM asks the
 * command to stop, a second ends the process at once.
 */
export async function runProcess(argv: readonly string[]): Promise<void> {
  const controller = new AbortController()
  let interrupted: number | undefined
  const interrupt = (exitCode: number) => () => {
    if (interrupted !== undefined) process.exit(130)
    interrupted = exitCode
    controller.abort(new Error('interrupted'))
  }
  process.on('SIGINT', interrupt(130))
  process.on('SIGTERM', interrupt(143))

  // A closed reader arrives here even for commands that never look at their writes.
  process.stdout.on('error', (error) => {
    if (!isClosedPipe(error)) return
    controller.abort(new OutputClosed('output is closed', { cause: error }))
    setTimeout(() => process.exit(0), windUpMs).unref()
  })
  const unexpected = (error: unknown) => {
    const detail = error instanceof Error ? (process.env['QUERN_DEBUG'] === '1' ? error.stack : error.message) : error
    writeSync(2, `quern: unexpected: ${detail}\n`)
    process.exit(1)
  }
  process.on('uncaughtException', unexpected)
  process.on('unhandledRejection', unexpected)
  // Losing stderr must not end a command whose work is on stdout.
  process.stderr.on('error', () => {})

  const code = await enter(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  })
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  if (controller.signal.reason instanceof OutputClosed) process.exit(0)
  // A command that got done in spite of the signal is done.
  process.exit(code === 0 ? 0 : (interrupted ?? code))
}

/** process.exit drops what a stream still holds; an empty write comes back once all before it is out. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}
