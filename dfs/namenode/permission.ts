import { DfsError } from '../base/errors.ts'
import { DirectoryNode, type Inode, ownerOf, permissionOf } from './inode.ts'

/** Whom a request is made as. */
export interface Caller {
  readonly user: string
  readonly groups: readonly string[]
  /** May do everything: the owner of the root, and members of `supergroup`. */
  readonly superuser: boolean
}

/** The namenode itself. */
export const system: Caller = { user: '', groups: [], superuser: true }

export const EXECUTE = 1
export const WRITE = 2
export const READ = 4
/** HDFS's names, by these bits. */
const accessNames = ['NONE', 'EXECUTE', 'WRITE', 'WRITE_EXECUTE', 'READ', 'READ_EXECUTE', 'READ_WRITE', 'ALL'] as const
export const stickyBit = 0o1000

export function mayAccess(caller: Caller, node: Inode, wanted: number): boolean {
  if (caller.superuser) return true
  const { user, group } = ownerOf(node)
  const permission = permissionOf(node)
  const bits = caller.user === user ? permission >> 6 : caller.groups.includes(group) ? permission >> 3 : permission
  return (bits & wanted) === wanted
}

/** DFS_PERMISSION in HDFS's words unless `caller` may do that. */
export function requireAccess(caller: Caller, node: Inode, wanted: number, path: string): void {
  if (mayAccess(caller, node, wanted)) return
  throw denied(
    `Permission denied: user=${caller.user}, access=${accessNames[wanted & 7]}, inode=${described(node, path)}`,
  )
}

/** In a directory with the sticky bit only the owner of an entry, or of the directory, may take it out. */
export function requireUnstuck(caller: Caller, parent: DirectoryNode, node: Inode, path: string): void {
  if (caller.superuser || (parent.permission & stickyBit) === 0) return
  if (caller.user === parent.owner.user || caller.user === ownerOf(node).user) return
  const above = path.slice(0, path.lastIndexOf('/')) || '/'
  throw denied(
    `Permission denied by sticky bit: user=${caller.user}, path=${described(node, path)}, parent=${described(parent, above)}`,
  )
}

export function requireOwner(caller: Caller, node: Inode, path: string): void {
  if (caller.superuser || caller.user === ownerOf(node).user) return
  throw denied(`Permission denied. user=${caller.user} is not the owner of inode=${described(node, path)}`)
}

export function requireSuperuser(caller: Caller, what: string): void {
  if (caller.superuser) return
  throw denied(`Access denied for user ${caller.user}. Superuser privilege is required to ${what}`)
}

/** Taking a whole tree away needs rwx on every directory in it that is not empty, and what a sticky bit asks for. */
export function requireTreeRemovable(caller: Caller, top: Inode, path: string): void {
  if (caller.superuser) return
  const stack: { node: Inode; path: string }[] = [{ node: top, path }]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (!(at.node instanceof DirectoryNode) || at.node.size === 0) continue
    requireAccess(caller, at.node, READ | WRITE | EXECUTE, at.path)
    for (const child of at.node.children?.values() ?? []) {
      const below = `${at.path}/${child.name}`
      requireUnstuck(caller, at.node, child, below)
      if (child instanceof DirectoryNode) stack.push({ node: child, path: below })
    }
  }
}

/** DFS_BAD_ARGUMENT for what can not be the name of a user or a group. */
export function checkAccountName(what: string, name: string): void {
  if (/^[^\p{Cc}\p{Cs}:/]{1,128}$/u.test(name)) return
  throw new DfsError('DFS_BAD_ARGUMENT', `${JSON.stringify(name.slice(0, 140))} can not be the name of a ${what}`)
}

/** A permission denied for a reason of its own. */
export const denied = (message: string): DfsError => new DfsError('DFS_PERMISSION', message)

const described = (node: Inode, path: string): string =>
  `"${path}":${ownerOf(node).user}:${ownerOf(node).group}:${permissionText(node)}`

/** As `ls` has it: `drwxr-xr-x`. */
function permissionText(node: Inode): string {
  const permission = permissionOf(node)
  const letters = [...'rwxrwxrwx'].map((letter, i) => ((permission >> (8 - i)) & 1 ? letter : '-')).join('')
  const sticky = (permission & stickyBit) === 0 ? letters : letters.slice(0, 8) + (permission & 1 ? 't' : 'T')
  return (node instanceof DirectoryNode ? 'd' : '-') + sticky
}
