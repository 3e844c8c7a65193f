import { execFileSync } from 'node:child_process'
import { quern } from './quern.ts'

/** Runs a `quern` command that is not timed; what it says on stderr is the caller's. */
export function runQuern(...args: string[]): void {
  const { command, args: words } = quern(...args)
  execFileSync(command, [...words], { stdio: ['ignore', 'ignore', 'inherit'] })
}

export function startDaemons(root: string, datanodes: number): void {
  runQuern('dfs', 'start', '--root', root, '--datanodes', `${datanodes}`, '--http-port', '0')
}

export function stopDaemons(root: string): void {
  runQuern('dfs', 'stop', '--root', root)
}
