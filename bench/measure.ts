import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

/** One program to time: what is run, and where its standard output goes. */
export interface ProgramRun {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A file, written anew; without one, standard output is dropped. */
  readonly stdout?: string
}

/** One run of a whole process, from spawn to exit. */
export interface Measurement {
  readonly seconds: number
  /** Largest resident set, in bytes. */
  readonly peakBytes: number
  /** CPU time of all its threads; undefined where GNU time is not installed. */
  readonly cpuSeconds: number | undefined
}

/**
 * GNU time starts the program itself, so its figures are the program's alone: asked of a child of Node, the kernel
 * would count Node's own memory at the moment of the fork into the peak.
 */
const gnuTime = existsSync('/usr/bin/time') ? '/usr/bin/time' : undefined
const POLL_MS = 10

export async function measure(run: ProgramRun, scratch: string): Promise<Measurement> {
  const figures = path.join(scratch, `time-${process.pid}`)
  const errors = path.join(scratch, `stderr-${process.pid}`)
  const [command, args] = gnuTime
    ? [gnuTime, ['-q', '-f', '%U %S %M', '-o', figures, run.command, ...run.args]]
    : [run.command, [...run.args]]
  const stdout = openSync(run.stdout ?? '/dev/null', 'w')
  const stderr = openSync(errors, 'w')
  try {
    const started = performance.now()
    const child = spawn(command, args, { stdio: ['ignore', stdout, stderr], env: { ...process.env, ...run.env } })
    let polled = 0
    const poll = gnuTime ? undefined : setInterval(() => (polled = Math.max(polled, highWater(child.pid))), POLL_MS)
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (status, signal) => resolve(status ?? (signal === null ? 1 : 128)))
    }).finally(() => clearInterval(poll))
    const seconds = (performance.now() - started) / 1000
    if (code !== 0) {
      const said = readFileSync(errors, 'utf8').trim()
      throw new Error(`${run.command} ${run.args.join(' ')} ended with ${code}: ${said || 'it said nothing'}`)
    }
    return gnuTime
      ? { seconds, ...readFigures(readFileSync(figures, 'utf8')) }
      : { seconds, peakBytes: polled, cpuSeconds: undefined }
  } finally {
    closeSync(stdout)
    closeSync(stderr)
    rmSync(figures, { force: true })
    rmSync(errors, { force: true })
  }
}

function readFigures(line: string): { peakBytes: number; cpuSeconds: number } {
  const [user, system, kibibytes] = line.trim().split(/\s+/).map(Number)
  if (
    user === undefined ||
    system === undefined ||
    kibibytes === undefined ||
    Number.isNaN(user + system + kibibytes)
  ) {
    throw new Error(`GNU time answered "${line.trim()}", expected three numbers`)
  }
  return { peakBytes: kibibytes * 1024, cpuSeconds: user + system }
}

/** `VmHWM` of a live process; 0 once it is gone, which a poll can not tell from not yet started. */
function highWater(pid: number | undefined): number {
  const status = `/proc/${pid}/status`
  if (!existsSync(status)) return 0
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))
  return found?.[1] === undefined ? 0 : Number(found[1]) * 1024
}
