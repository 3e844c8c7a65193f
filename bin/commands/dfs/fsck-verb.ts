import { UsageError } from '../fs/failure.ts'
import { parsePath } from '../fs/path.ts'
import { fsck } from './fsck.ts'
import type { DfsVerbRun } from './verbs.ts'

export const runFsck: DfsVerbRun = async (dfs, { flags, operands, json, out }) => {
  const path = parsePath(operands[0] ?? '/', '/').absolute
  if ((await dfs.find(path)) === undefined) throw new UsageError(`fsck: path '${path}' does not exist`)
  if (json) {
    const report = await dfs.fsck(path, { verify: flags.has('verify') })
    await out.line(JSON.stringify(report, null, 2))
    return report.healthy ? 0 : 1
  }
  const locations = flags.has('locations')
  const blocks = locations || flags.has('blocks')
  const files = blocks || flags.has('files')
  const report = await fsck(dfs, path, { files, blocks, locations, verify: flags.has('verify') }, out)
  return report.healthy ? 0 : 1
}
