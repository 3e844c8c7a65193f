import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ProgramRun } from './measure.ts'

const root = path.resolve(import.meta.dirname, '..')

/** The compiled command, as an install has it. */
export function quern(...args: string[]): ProgramRun {
  return { command: process.execPath, args: [path.join(root, 'dist/bin/quern.js'), ...args] }
}

export function quernVersion(): string {
  const found: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const isNamed = typeof found === 'object' && found !== null && 'version' in found
  return isNamed ? String(found.version) : 'unknown'
}
