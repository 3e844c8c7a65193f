import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { zipfText } from '../datasets/zipf.ts'
import type { BenchOptions } from './family.ts'

export interface Input {
  readonly path: string
  readonly bytes: number
}

/** Zipf-like text of about `bytes`, made once and kept in the cache; a half-made file never has the final name. */
export function zipfFile(bytes: number, options: BenchOptions): Input {
  mkdirSync(options.cache, { recursive: true })
  // The name says everything the bytes depend on; a changed generator needs a new version here.
  const file = path.join(options.cache, `zipf-v1-100000-words-seed-1-${bytes}.txt`)
  if (!existsSync(file)) {
    options.note(`generating ${Math.round(bytes / 1e6)} MB of text into ${file}`)
    const partial = `${file}.${process.pid}`
    const fd = openSync(partial, 'w')
    try {
      for (const chunk of zipfText({ bytes })) writeSync(fd, chunk)
    } finally {
      closeSync(fd)
    }
    renameSync(partial, file)
  }
  return { path: file, bytes: statSync(file).size }
}
