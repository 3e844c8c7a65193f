import { execFileSync } from 'node:child_process'
import { quern } from './quern.ts'

/** Runs a `quern` command that is not timed; what it says on stderr is the caller's. */
export function runQuern(...args: string[]): void {
  const { command, args: words } = quern(...args)
  execFileSync(command, [...words], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const running = new Set<string>()

export function startDaemons(root: string, datanodes: number): void {
  // They would outlive a benchmark that is interrupted. First of all: their root goes at the exit, too.
  if (running.size === 0) process.prependOnceListener('exit', stopAll)
  running.add(root)
  runQuern('dfs', 'start', '--root', root, '--datanodes', `${datanodes}`, '--http-port', '0')
}

export function stopDaemons(root: string): void {
  runQuern('dfs', 'stop', '--root', root)
  running.delete(root)
  if (running.size === 0) process.off('exit', stopAll)
}

function stopAll(): void {
  for (const root of running) runQuern('dfs', 'stop', '--root', root)
}
