import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type DfsTuning,
  endProcess,
  findProcesses,
  keepRootSettings,
  openDfs,
  type RunningProcesses,
  resolveConfig,
  rootSettings,
  settingNames,
} from '../../../dfs/index.ts'
import { countOf, parseSettings, portOf } from '../daemon-options.ts'
import { UsageError, VerbError } from '../fs/failure.ts'
import { userOf } from '../user.ts'
import type { DfsCall, RootVerbRun } from './verbs.ts'

/** How long a namenode and its datanodes are given to be up; a large journal is read meanwhile. */
const patienceMillis = 60_000
const lookMillis = 50
const endMillis = 10_000
const datanodesUsually = 3

/** Starts what does not run yet of the namenode and the datanodes, in the background, and waits until it can be used. */
export const runStart: RootVerbRun = async (call) => {
  const { root, values, out } = call
  const wanted = countOf(values.get('datanodes'), '--datanodes')
  const racks = countOf(values.get('racks'), '--racks')
  portOf(values.get('http-port'), '--http-port')
  const settings = settingsWith(await rootSettings(root), values.get('set') ?? '')
  check({
    ...settings,
    ...(wanted === undefined ? {} : { datanodes: wanted }),
    ...(racks === undefined ? {} : { racks }),
  })
  mkdirSync(path.join(root, 'run'), { recursive: true })
  if (values.has('set')) await keepRootSettings(root, settings)
  const before = await findProcesses(root)
  const datanode = (id: string): Promise<void> =>
    started(call, id, ['datanode', '--root', root, '--id', id], (now) => now.datanodes.some(({ name }) => name === id))
  if (before.namenode === undefined) {
    const layout = [
      ...(wanted === undefined ? [] : ['--datanodes', String(wanted)]),
      ...(racks === undefined ? [] : ['--racks', String(racks)]),
    ]
    const httpPort = values.get('http-port')
    const web = httpPort === undefined ? [] : ['--http-port', httpPort]
    const namenode = started(
      call,
      'namenode',
      ['namenode', '--root', root, ...layout, ...web],
      (now) => now.namenode !== undefined,
    )
    // They look through their directories while the namenode reads its journal.
    await together(root, namenode, before.everStarted ? before.absent : [], datanode)
  }
  const known = await findProcesses(root)
  const numbers = [...known.datanodes.map(({ name }) => name), ...known.absent].map((name) => Number(name.slice(2)))
  const count = Math.max(wanted ?? datanodesUsually, numbers.length)
  const absent = [...known.absent]
  for (let next = Math.max(0, ...numbers) + 1; absent.length + known.datanodes.length < count; next++)
    absent.push(`dn${next}`)
  await Promise.all(absent.map(datanode))
  const status = await settled(call, count)
  await out.line(status)
  const ran = [before.namenode, ...before.datanodes].flatMap((one) => one?.name ?? [])
  if (values.has('set') && ran.length > 0) {
    await out.line(
      `${ran.join(', ')} ran already, and takes what was set when it is started anew: quern dfs stop, start`,
    )
  }
  return 0
}

/** What is kept, with what `--set` gives; `name=default` takes one back. */
function settingsWith(kept: DfsTuning, given: string): DfsTuning {
  const words = given.split(',').filter((word) => word !== '')
  const isDefault = (word: string): boolean => word.endsWith('=default')
  // As if they were given, so that a name that is none is told.
  const dropped = parseSettings(
    words.filter(isDefault).map((word) => word.replace(/default$/, '0')),
    rootSettingNames,
  )
  const others = Object.entries(kept).filter(([name]) => !(name in dropped))
  return {
    ...Object.fromEntries(others),
    ...parseSettings(
      words.filter((word) => !isDefault(word)),
      rootSettingNames,
    ),
  }
}

/** `--datanodes` and `--racks` lay a root out. */
const rootSettingNames = settingNames.filter((name) => name !== 'datanodes' && name !== 'racks')

/** What the daemons would refuse is wrong usage here, and nothing is started. */
function check(settings: DfsTuning): void {
  try {
    resolveConfig(settings)
  } catch (error) {
    throw new UsageError(`start: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** The namenode, and datanodes beside it; without it these are not left to wait for one. */
async function together(
  root: string,
  namenode: Promise<void>,
  ids: readonly string[],
  datanode: (id: string) => Promise<void>,
): Promise<void> {
  const [first, ...others] = await Promise.allSettled([namenode, ...ids.map(datanode)])
  if (first?.status === 'rejected') {
    const { datanodes } = await findProcesses(root)
    await Promise.all(datanodes.filter(({ name }) => ids.includes(name)).map((one) => endProcess(one, endMillis)))
  }
  for (const outcome of [first, ...others]) if (outcome?.status === 'rejected') throw outcome.reason
}

/** Spawns one process that outlives this command, and waits until it holds its directory. */
async function started(
  { root, io }: DfsCall,
  name: string,
  words: readonly string[],
  isUp: (now: RunningProcesses) => boolean,
): Promise<void> {
  const log = path.join(root, 'run', `${name}.log`)
  const output = openSync(log, 'a')
  const from = statSync(log).size
  const door = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../../quern.ts' : '../../quern.js', import.meta.url),
  )
  const child = spawn(process.execPath, [...process.execArgv, door, ...words], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: root,
    env: { ...process.env, ...io.env },
  })
  let ended: string | undefined
  child.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`
  })
  child.once('error', (error) => {
    ended = error.message
  })
  child.unref()
  const until = performance.now() + patienceMillis
  while (!isUp(await findProcesses(root))) {
    io.signal.throwIfAborted()
    if (ended !== undefined) throw new VerbError(`${name} did not start (${ended}): ${lastWords(log, from)}`)
    if (performance.now() > until)
      throw new VerbError(`${name} is not up after ${patienceMillis / 1000} s; its log is ${log}`)
    await pause()
  }
}

function lastWords(log: string, from: number): string {
  const said = readFileSync(log).subarray(from).toString('utf8').trim()
  return said.length > 2000 ? `…${said.slice(-2000)}` : said || `it said nothing; its log is ${log}`
}

/** Waits until datanodes are there and safe mode is left; in words, how it stands then. */
async function settled({ root, io }: DfsCall, count: number): Promise<string> {
  const dfs = await openDfs({ root, create: false, user: userOf(io) })
  try {
    const until = performance.now() + patienceMillis
    for (;;) {
      io.signal.throwIfAborted()
      const [{ datanodes }, safeMode] = await Promise.all([dfs.report(), dfs.safeMode('get')])
      const ready = datanodes.filter(({ liveness, capacity }) => liveness === 'live' && capacity !== undefined).length
      const { namenode } = await findProcesses(root)
      const web =
        namenode?.http === undefined
          ? ''
          : `, WebHDFS at http://${namenode.http.host}:${namenode.http.port}/webhdfs/v1/`
      if (ready >= count && !safeMode.on) return `${root} is served by a namenode and ${ready} datanodes${web}`
      if (performance.now() > until) {
        const waiting = safeMode.on ? ` Safe mode is on. ${safeMode.detail}` : ''
        throw new VerbError(
          `${ready} of ${count} datanodes are there after ${patienceMillis / 1000} s.${waiting} The logs are in ${path.join(root, 'run')}`,
        )
      }
      await pause()
    }
  } finally {
    await dfs.close()
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, lookMillis))
