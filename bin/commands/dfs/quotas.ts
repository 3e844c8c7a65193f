import { eachPath } from './each-path.ts'
import { nameQuotaOf, spaceQuotaOf } from './operands.ts'
import type { DfsVerbRun } from './verbs.ts'

export const setQuota: DfsVerbRun = (dfs, call) => {
  const names = nameQuotaOf(call)
  return eachPath('setQuota', dfs, call, call.operands.slice(1), (path) => dfs.setQuota(path, { names }))
}

export const clrQuota: DfsVerbRun = (dfs, call) =>
  eachPath('clrQuota', dfs, call, call.operands, (path) => dfs.setQuota(path, { names: null }))

export const setSpaceQuota: DfsVerbRun = (dfs, call) => {
  const space = spaceQuotaOf(call)
  return eachPath('setSpaceQuota', dfs, call, call.operands.slice(1), (path) => dfs.setQuota(path, { space }))
}

export const clrSpaceQuota: DfsVerbRun = (dfs, call) =>
  eachPath('clrSpaceQuota', dfs, call, call.operands, (path) => dfs.setQuota(path, { space: null }))
