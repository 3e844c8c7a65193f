import { printable } from '../../terminal/width.ts'
import { eachWithBelow } from './below.ts'
import { hasCode, UsageError, VerbError } from './failure.ts'
import { symbolicMode } from './mode.ts'
import { parseModeChange } from './mode-change.ts'
import type { FoundItem } from './path.ts'
import { isDirectory, type VerbCall } from './session.ts'

export async function chmod({ session, flags, operands }: VerbCall): Promise<void> {
  const [mode = '', ...paths] = operands
  const change = parseModeChange(mode)
  // Hadoop says the verb twice.
  if (change === undefined) throw new UsageError(`chmod : mode '${mode}' does not match the expected pattern.`)
  await eachWithBelow(session, paths, flags.has('R'), async (item) => {
    const { permission } = item.status
    const changed = change(permission, isDirectory(item.status))
    if (changed === permission) return
    await changing('permissions', item, () => session.dfs.setPermission(item.path, changed))
  })
}

/** The characters Hadoop allows in names of users and groups. */
const name = '[-_./@a-zA-Z0-9]'
const ownerPattern = new RegExp(`^\\s*(${name}+)?(?::(${name}*))?\\s*$`)
const groupPattern = new RegExp(`^\\s*(${name}+)\\s*$`)

export async function chown(call: VerbCall): Promise<void> {
  const [typed = '', ...paths] = call.operands
  const match = ownerPattern.exec(typed)
  if (match === null) throw new UsageError(`'${typed}' does not match expected pattern for [owner][:group].`)
  const [, user, group] = match
  if (!user && !group) throw new UsageError(`'${typed}' does not specify owner or group.`)
  await setOwner(call, paths, { ...(user ? { user } : {}), ...(group ? { group } : {}) })
}

export async function chgrp(call: VerbCall): Promise<void> {
  const [typed = '', ...paths] = call.operands
  const group = groupPattern.exec(typed)?.[1]
  if (group === undefined) throw new UsageError(`'${typed}' does not match expected pattern for group`)
  await setOwner(call, paths, { group })
}

async function setOwner(
  { session, flags }: VerbCall,
  paths: readonly string[],
  wanted: { user?: string; group?: string },
): Promise<void> {
  await eachWithBelow(session, paths, flags.has('R'), async (item) => {
    const { owner, group } = item.status
    const changed = {
      ...(wanted.user === undefined || wanted.user === owner ? {} : { user: wanted.user }),
      ...(wanted.group === undefined || wanted.group === group ? {} : { group: wanted.group }),
    }
    if (Object.keys(changed).length === 0) return
    await changing('ownership', item, () => session.dfs.setOwner(item.path, changed))
  })
}

async function changing(what: string, { shown }: FoundItem, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!hasCode(error, 'DFS_PERMISSION') || !(error instanceof Error)) throw error
    throw new VerbError(`changing ${what} of '${printable(shown)}': ${error.message}`, { cause: error })
  }
}

/** Without access control lists a path's entries are its mode's, which is what Hadoop prints then. */
export async function getfacl({ session, flags, operands }: VerbCall): Promise<void> {
  await eachWithBelow(session, operands, flags.has('R'), async ({ shown, status }) => {
    const letters = symbolicMode(status.permission & 0o777)
    await session.line(`# file: ${session.name(shown)}`)
    await session.line(`# owner: ${status.owner}`)
    await session.line(`# group: ${status.group}`)
    if ((status.permission & 0o1000) !== 0)
      await session.line(`# flags: --${(status.permission & 1) === 0 ? 'T' : 't'}`)
    await session.line(`user::${letters.slice(0, 3)}`)
    await session.line(`group::${letters.slice(3, 6)}`)
    await session.line(`other::${letters.slice(6)}`)
    await session.line('')
  })
}
