import { UsageError } from '../fs/failure.ts'
import { parseSize } from '../size.ts'
import { eachPath } from './each-path.ts'
import type { DfsVerbRun } from './verbs.ts'

/** How many files and directories may be below a directory, itself included. */
export const setQuota: DfsVerbRun = async (dfs, call) => {
  const [typed = '', ...paths] = call.operands
  const names = Number(typed)
  if (!/^\d+$/.test(typed) || names < 1 || !Number.isSafeInteger(names)) {
    throw new UsageError(`setQuota: a positive number of names expected, got ${typed}`)
  }
  return await eachPath('setQuota', dfs, call, paths, (path) => dfs.setQuota(path, { names }))
}

export const clrQuota: DfsVerbRun = (dfs, call) =>
  eachPath('clrQuota', dfs, call, call.operands, (path) => dfs.setQuota(path, { names: null }))

/** How many bytes the files below a directory may have, every replica counted. */
export const setSpaceQuota: DfsVerbRun = async (dfs, call) => {
  const [typed = '', ...paths] = call.operands
  const space = parseSize(typed)
  if (space === undefined) throw new UsageError(`setSpaceQuota: bytes expected, such as 500 or 10g, got ${typed}`)
  return await eachPath('setSpaceQuota', dfs, call, paths, (path) => dfs.setQuota(path, { space }))
}

export const clrSpaceQuota: DfsVerbRun = (dfs, call) =>
  eachPath('clrSpaceQuota', dfs, call, call.operands, (path) => dfs.setQuota(path, { space: null }))
