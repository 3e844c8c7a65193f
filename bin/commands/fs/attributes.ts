import type { FileSystem } from '../../../dfs/index.ts'
import type { ParsedArguments } from './arguments.ts'
import { hasCode } from './failure.ts'

/** What `-p` keeps of a copied path. */
export interface Preserved {
  readonly times: boolean
  readonly ownership: boolean
  readonly permission: boolean
}

/** `-p` alone keeps times, ownership and permission; letters choose. There are no ACLs (`a`, which implies the mode) and no attributes (`x`). */
export function preservedBy({ flags, values }: Pick<ParsedArguments, 'flags' | 'values'>): Preserved | undefined {
  const letters = values.get('p') ?? (flags.has('p') ? 'top' : undefined)
  if (letters === undefined) return undefined
  return {
    times: letters.includes('t'),
    ownership: letters.includes('o'),
    permission: /[pa]/.test(letters),
  }
}

export interface Attributes {
  readonly modificationTime: number
  readonly accessTime?: number
  readonly permission: number
  readonly owner: string | undefined
  readonly group: string | undefined
}

/** Ownership last: who gives a file away may not change it any more. */
export async function keepAttributes(
  fs: FileSystem,
  path: string,
  { modificationTime, accessTime, permission, owner, group }: Attributes,
  preserved: Preserved | undefined,
): Promise<void> {
  if (preserved?.times) {
    await fs.setTimes(path, { modificationTime, ...(accessTime === undefined ? {} : { accessTime }) })
  }
  if (preserved?.permission) await fs.setPermission(path, permission & 0o1777)
  if (preserved?.ownership) await keepOwner(fs, path, owner, group)
}

/** Only a superuser may give files away, and an owner only to groups of theirs: as with cp -p, what is not allowed is left. */
async function keepOwner(
  fs: FileSystem,
  path: string,
  user: string | undefined,
  group: string | undefined,
): Promise<void> {
  const ofGroup = group === undefined ? {} : { group }
  for (const owner of user === undefined ? [ofGroup] : [{ user, ...ofGroup }, ofGroup]) {
    if (Object.keys(owner).length === 0) return
    try {
      await fs.setOwner(path, owner)
      return
    } catch (error) {
      if (!hasCode(error, 'DFS_PERMISSION')) throw error
    }
  }
}
