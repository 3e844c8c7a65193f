import { findProcesses, openDfs, rootSettings } from '../../../dfs/index.ts'
import { userOf } from '../user.ts'
import type { RootVerbRun } from './verbs.ts'

/** What runs. Exit code 1 when no namenode does. */
export const runStatus: RootVerbRun = async ({ root, io, out, json }) => {
  const { namenode, datanodes, absent } = await findProcesses(root)
  const settings = await rootSettings(root)
  if (namenode === undefined) {
    if (json) await out.line(JSON.stringify({ running: false, datanodes, absent, settings }, null, 2))
    else if (datanodes.length === 0) await out.line(`Nothing runs at ${root}: commands open it in their own process`)
    else {
      const names = datanodes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')
      await out.line(`No namenode runs at ${root}, but ${names}: quern dfs start starts it, quern dfs stop ends them`)
    }
    return 1
  }
  const dfs = await openDfs({ root, create: false, user: userOf(io) })
  try {
    const [{ datanodes: known }, safeMode] = await Promise.all([dfs.report(), dfs.safeMode('get')])
    if (json) {
      await out.line(JSON.stringify({ running: true, namenode, safeMode, datanodes: known, settings }, null, 2))
      return 0
    }
    await out.line(`Namenode   pid ${namenode.pid}, ${namenode.rpc.host}:${namenode.rpc.port}`)
    if (namenode.http !== undefined)
      await out.line(`WebHDFS    http://${namenode.http.host}:${namenode.http.port}/webhdfs/v1/`)
    await out.line(`Safe mode  ${safeMode.on ? `on. ${safeMode.detail}` : 'off'}`)
    const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    if (set.length > 0) await out.line(`Settings   ${set.join(', ')}`)
    for (const { id, pid, liveness, adminState, address } of known) {
      const where = address === undefined ? '' : `, ${address.host}:${address.port}`
      const state = adminState === 'in-service' ? liveness : `${liveness}, ${adminState}`
      await out.line(`${id.padEnd(10)} ${state}${pid === undefined ? '' : `, pid ${pid}${where}`}`)
    }
    return 0
  } finally {
    await dfs.close()
  }
}
