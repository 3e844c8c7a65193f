import fs from 'node:fs'
import path from 'node:path'
import type { CommandIo } from './command.ts'

/** A word as a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function sameFile(one: string, other: string): boolean {
  try {
    return fs.realpathSync(one) === fs.realpathSync(other)
  } catch {
    // One of them is not there.
    return false
  }
}

/** How this very command can be called again from a shell in the same directory: `quern`, `npx quern` or `node …/quern.js`. */
export function invocation(io: Pick<CommandIo, 'env' | 'cwd'>, script: string | undefined = process.argv[1]): string {
  if (script === undefined || !/^quern(?:\.[jt]s)?$/.test(path.basename(script))) return 'quern'
  const onPath = (io.env['PATH'] ?? '').split(path.delimiter).filter((directory) => directory !== '')
  // npm and npx put node_modules/.bin on the PATH of what they start, not of the shell that comes after.
  const outside = onPath.filter((directory) => !directory.includes(`node_modules${path.sep}.bin`))
  if (outside.some((directory) => sameFile(path.join(directory, 'quern'), script))) return 'quern'
  for (let directory = io.cwd; ; directory = path.dirname(directory)) {
    if (sameFile(path.join(directory, 'node_modules', '.bin', 'quern'), script)) return 'npx quern'
    if (path.dirname(directory) === directory) break
  }
  const relative = path.relative(io.cwd, script)
  const shown = shellWord(relative.startsWith(`..${path.sep}..`) ? script : relative)
  return script.endsWith('.ts') ? `npx tsx ${shown}` : `node ${shown}`
}
