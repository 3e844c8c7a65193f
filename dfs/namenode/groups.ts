import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { errorCode } from '../base/disk.ts'

export type GroupsOf = (user: string) => readonly string[]

const fileBytesMax = 4 * 1024 * 1024
/** How long the system's answer holds: who was put into a group has it so soon. */
const secondsKept = 5

/** The groups of the system's users, its first one first; who is not known has none. */
export function systemGroups(
  now: () => number,
  files: { readonly passwd: string; readonly group: string } = { passwd: '/etc/passwd', group: '/etc/group' },
): GroupsOf {
  let groups = new Map<string, readonly string[]>()
  let readAt = Number.NEGATIVE_INFINITY
  return (user) => {
    const at = now()
    if (Math.abs(at - readAt) > secondsKept * 1000) {
      groups = parseGroups(readLines(files.passwd), readLines(files.group))
      readAt = at
    }
    return groups.get(user) ?? []
  }
}

/** From the lines of `passwd` (name:x:uid:gid:…) and `group` (name:x:gid:member,member). */
export function parseGroups(passwd: readonly string[], group: readonly string[]): Map<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const names = new Map<string, string>()
  const lines = group.map((line) => line.split(':'))
  for (const [name = '', , gid = ''] of lines) if (name !== '') names.set(gid, name)
  for (const line of passwd) {
    const [user = '', , , gid = ''] = line.split(':')
    const name = names.get(gid)
    if (user !== '') found.set(user, name === undefined ? [] : [name])
  }
  for (const [name = '', , , members = ''] of lines) {
    for (const user of members.split(',')) {
      if (user === '' || name === '') continue
      const groups = found.get(user)
      if (groups === undefined) found.set(user, [name])
      else if (!groups.includes(name)) groups.push(name)
    }
  }
  return found
}

/** None of a file that is not there, or that is larger than any such file. */
function readLines(path: string): string[] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return []
  }
  try {
    return fstatSync(file).size > fileBytesMax ? [] : readFileSync(file, 'utf8').split('\n')
  } finally {
    closeSync(file)
  }
}
