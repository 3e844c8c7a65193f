import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { isAlive, processIdentity } from '../../dfs/index.ts'

/**
 * The owner of temporary data, as it stands in the data's name: `<pid>~<boot>~<start>~<host>~<job>`, the process's
 * identity, eight digits for the machine, and the number of the job within the process.
 */
export function ownerTag(): string {
  jobs++
  return `${processIdentity().replaceAll(':', '~')}~${machine()}~${jobs}`
}

let jobs = 0

/**
 * True when the process that owns the tag is known to be gone. A tag of another machine (a shared disk) or one that
 * can't be read is nobody's business here: false.
 */
export function ownerIsDead(tag: string): boolean {
  const match = /^(\d+~[^~]+~\d+)~([0-9a-f]{8})~\d+$/.exec(tag)
  if (match === null) return false
  const [, identity, host] = match
  if (identity === undefined || host !== machine()) return false
  return !isAlive(identity.replaceAll('~', ':'))
}

function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}
