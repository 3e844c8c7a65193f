import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** Why a command can't be used as a peer, or undefined when it is there. */
export function commandPath(name: string): string | undefined {
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((directory) => isExecutable(path.join(directory, name)))
  return found ? undefined : `no ${name} on the PATH (a Debian package of that name has it)`
}

/** Why a package can't be used as a peer, or undefined when it is there. */
export function packageInstalled(name: string): string | undefined {
  try {
    createRequire(import.meta.url).resolve(name)
    return undefined
  } catch (error) {
    return `npm package ${name} does not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Not there or not ours to run: the next directory may have it.
    return false
  }
}
