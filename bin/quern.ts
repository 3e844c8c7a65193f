#!/usr/bin/env node
// The installed command. Everything but the version is imported on demand: starting Node is most of what a small command
// costs, and nothing here may add to it.
import { readFileSync, writeSync } from 'node:fs'

if (process.argv[2] === '--version' || process.argv[2] === '-V') {
  printVersion()
} else {
  const { runProcess } = await import('./process.ts')
  await runProcess(process.argv.slice(2))
}

/** `../package.json` from the sources, one level further up from dist/. */
function printVersion(): void {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'))
      if (name === 'quern') {
        writeSync(1, `${version}\n`)
        return
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPIPE') return
      if (code !== 'ENOENT') throw error
    }
  }
  throw new Error('package.json of quern not found beside the installed command')
}
