import type { FileStatus, SnapshotDiffEntry } from '../../../dfs/index.ts'
import { isTerminal } from '../../terminal/style.ts'
import { tableLines } from '../../terminal/table.ts'
import { printable } from '../../terminal/width.ts'
import { symbolicMode } from '../fs/mode.ts'
import { localMinute } from '../fs/time.ts'
import { absolutePath, eachPath } from './each-path.ts'
import type { DfsCall, DfsVerbRun } from './verbs.ts'

/** HDFS's limit of snapshots of one directory, which its listing shows. */
const snapshotsMax = 65_536

export const allowSnapshot: DfsVerbRun = (dfs, call) =>
  eachPath('allowSnapshot', dfs, call, call.operands, async (path) => {
    await dfs.allowSnapshot(path)
    await call.out.line(`Allowing snapshot on ${shown(call, path)} succeeded`)
  })

export const disallowSnapshot: DfsVerbRun = (dfs, call) =>
  eachPath('disallowSnapshot', dfs, call, call.operands, async (path) => {
    await dfs.disallowSnapshot(path)
    await call.out.line(`Disallowing snapshot on ${shown(call, path)} succeeded`)
  })

const marks = { create: '+', modify: 'M', delete: '-', rename: 'R' } as const

export const snapshotDiff: DfsVerbRun = async (dfs, call) => {
  const [typed = '', ...names] = call.operands
  const path = absolutePath(dfs, typed)
  const [from = '', to = ''] = names.map(snapshotName)
  const entries = await dfs.snapshotDiff(path, from, to)
  const { out, json } = call
  if (json) {
    await out.line(JSON.stringify(entries, null, 2))
    return 0
  }
  await out.line(`Difference between ${sideOf(from)} and ${sideOf(to)} under directory ${shown(call, path)}:`)
  for (const entry of entries) await out.line(diffLine(call, entry))
  return 0
}

/** `.` is the present; `.snapshot/` before a name may be left out. */
const snapshotName = (typed: string): string => (typed === '.' ? '' : typed.replace(/^\/?\.snapshot\//, ''))
const sideOf = (name: string): string => (name === '' ? 'current directory' : `snapshot ${name}`)

function diffLine(call: DfsCall, { type, source, target }: SnapshotDiffEntry): string {
  const relative = (path: string): string => (path === '' ? '.' : `./${shown(call, path)}`)
  return `${marks[type]}\t${relative(source)}${target === undefined ? '' : ` -> ${relative(target)}`}`
}

export const lsSnapshottableDir: DfsVerbRun = async (dfs, call) => {
  const all = await dfs.snapshottableDirectories()
  // A superuser sees all of them, anyone else their own: the namenode has chosen.
  if (call.json) await call.out.line(JSON.stringify(all, null, 2))
  else {
    const rows = all.map(({ status, snapshots }) => [
      ...statusCells(status),
      String(snapshots),
      String(snapshotsMax),
      shown(call, status.path),
    ])
    await listing(call, rows)
  }
  return 0
}

export const lsSnapshot: DfsVerbRun = async (dfs, call) => {
  const path = absolutePath(dfs, call.operands[0] ?? '')
  const all = await dfs.snapshots(path)
  if (call.json) await call.out.line(JSON.stringify(all, null, 2))
  else {
    const status = await dfs.stat(path)
    const rows = all.map(({ id, path: snapshot, createdTime }) => [
      ...statusCells({ ...status, modificationTime: createdTime }),
      String(id),
      'ACTIVE',
      shown(call, snapshot),
    ])
    await listing(call, rows)
  }
  return 0
}

function statusCells({ permission, owner, group, modificationTime }: FileStatus): string[] {
  return [`d${symbolicMode(permission)}`, '0', owner, group, '0', localMinute(modificationTime)]
}

async function listing({ out }: DfsCall, rows: readonly (readonly string[])[]): Promise<void> {
  const lines = tableLines(rows, ['left', 'right', 'left', 'left', 'right', 'left', 'right', 'right', 'left'], ' ')
  for (const line of lines) await out.line(line)
}

const shown = ({ io }: DfsCall, name: string): string => (isTerminal(io.stdout) ? printable(name) : name)
