import type { Stats } from 'node:fs'
import { chown, readFile } from 'node:fs/promises'
import { hasCode } from './failure.ts'

/** The names of this machine's users and groups. Node knows only the process's own, so the files are read. */
export interface LocalAccounts {
  readonly users: Accounts
  readonly groups: Accounts
}

export interface Accounts {
  readonly names: ReadonlyMap<number, string>
  readonly ids: ReadonlyMap<string, number>
}

let loaded: Promise<LocalAccounts> | undefined

async function localAccounts(): Promise<LocalAccounts> {
  const load = async (): Promise<LocalAccounts> => ({
    users: parseAccounts(await textOf('/etc/passwd')),
    groups: parseAccounts(await textOf('/etc/group')),
  })
  loaded ??= load()
  return await loaded
}

/** Lines `name:password:id:…`; the first of several names or ids counts, as it does for the system. */
export function parseAccounts(text: string): Accounts {
  const names = new Map<number, string>()
  const ids = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':')
    if (name === '' || !/^\d+$/.test(id)) continue
    if (!names.has(Number(id))) names.set(Number(id), name)
    if (!ids.has(name)) ids.set(name, Number(id))
  }
  return { names, ids }
}

/** A machine may keep its accounts elsewhere; then nothing is known of them here. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EACCES')) throw error
    return ''
  }
}

export async function ownerOf({ uid, gid }: Stats): Promise<{ owner: string | undefined; group: string | undefined }> {
  const { users, groups } = await localAccounts()
  return { owner: users.names.get(uid), group: groups.names.get(gid) }
}

/** Gives a local file to whom it belongs in the DFS, as far as they are known here and the system allows it. */
export async function chownLocal(path: string, owner: string, group: string): Promise<void> {
  const { users, groups } = await localAccounts()
  const uid = users.ids.get(owner)
  const gid = groups.ids.get(group)
  for (const user of uid === undefined ? [-1] : [uid, -1]) {
    try {
      await chown(path, user, gid ?? -1)
      return
    } catch (error) {
      if (!hasCode(error, 'EPERM')) throw error
    }
  }
}
