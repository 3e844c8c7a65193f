import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { errorCode } from './disk.ts'

/**
 * Who a process is, so that it can be told later whether it still lives: `<pid>:<boot>:<start>`. The number alone is not
 * enough, numbers are given out again; with the boot and the start time in clock ticks it is. Where /proc is missing
 * the host's name stands for the boot and the start is 0, and only the number can be asked about.
 */
export function processIdentity(): string {
  own ??= `${process.pid}:${bootId()}:${startTime(process.pid) ?? 0}`
  return own
}

let own: string | undefined

/** Whether the process with that identity still runs. False for text that is no identity. */
export function isAlive(identity: string): boolean {
  const match = /^(\d{1,10}):([^:]+):(\d+)$/.exec(identity.trim())
  if (match === null) return false
  const pid = Number(match[1])
  if (match[2] !== bootId()) return false
  if (match[3] === '0') return canBeSignalled(pid)
  return startTime(pid) === Number(match[3])
}

/** The process number in an identity; undefined for text that is none. */
export function pidOf(identity: string): number | undefined {
  const match = /^(\d{1,10}):/.exec(identity.trim())
  return match === null ? undefined : Number(match[1])
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return hostname().replaceAll(':', '_') || 'unknown'
  }
}

/** Start time in clock ticks since boot; undefined when there is no such process, or only its unburied remains. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const state = fields[0]
    return state === 'Z' || state === 'X' ? undefined : Number(fields[19])
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return undefined
  }
}

function canBeSignalled(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return errorCode(error) === 'EPERM'
  }
}
