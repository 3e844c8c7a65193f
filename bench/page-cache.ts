import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { BenchOptions } from './family.ts'

/** Left free, so that nothing waits for memory. */
const spareBytes = 512 * 2 ** 20
let ballasts = 0

/**
 * Leaves hardly any free memory: what is written next goes into pages that had clean data before. Free memory of a virtual
 * machine is taken back by its host after some seconds and then costs whoever touches it first three seconds a gigabyte, which
 * says more of the moment than of who writes. The ballast, holes of a sparse file, is what the kernel gives up first.
 */
export function fillPageCache(options: BenchOptions): void {
  const free = freeBytes()
  if (free === undefined || free < spareBytes || options.smoke) return
  const ballast = path.join(options.scratch, `ballast-${++ballasts}`)
  writeFileSync(ballast, '')
  truncateSync(ballast, free - spareBytes)
  read(ballast)
}

/** Into the page cache, or once more, so that it stays there. */
export function read(file: string): void {
  execFileSync('cat', [file], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Undefined where the kernel does not tell. */
function freeBytes(): number | undefined {
  if (!existsSync('/proc/meminfo')) return undefined
  const found = /^MemFree:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))
  return found?.[1] === undefined ? undefined : Number(found[1]) * 1024
}

/** Asks the kernel to forget a file's pages, for which nobody has to be root. */
export function dropFromCache(file: string): void {
  execFileSync('sync', [file])
  execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'])
}
