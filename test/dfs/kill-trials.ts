import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Dfs, openDfs } from '../../dfs/index.ts'
import { readAll, strayReplicas, temporaries, temporaryRoot } from './harness.ts'
import { contentOf } from './kill-content.mjs'

export type Mode = 'put' | 'checkpoint' | 'publish'

/** Kept outside the DFS: the SHA-256 of what was acknowledged and not deleted since. */
interface Ledger {
  readonly files: Map<string, string>
  /** Deletions begun and not acknowledged: gone or not, either is right. */
  readonly doubtful: Set<string>
  output: number | undefined
  next: number
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const driver = fileURLToPath(new URL('./kill-driver.mjs', import.meta.url))

/** Kills a process that works on one root, `kills` times at random moments, and looks at the root each time. */
export async function killRepeatedly(mode: Mode, kills: number, random: () => number): Promise<void> {
  const root = await temporaryRoot()
  const ledger: Ledger = { files: new Map(), doubtful: new Set(), output: undefined, next: 1 }
  for (let kill = 0; kill < kills; kill++) {
    const moment = random() * (kill % 4 === 0 ? 8 : 200)
    // Some before it has finished opening what the last one left; the last when it has done something, however slow the machine.
    const last = kill === kills - 1
    await runAndKill(root, mode, last ? 'acknowledged' : kill % 5 === 3 ? 'opening' : 'working', moment, ledger)
    await using dfs = await openDfs({ root })
    await judge(dfs, root, mode, ledger, `kill ${kill} after ${moment.toFixed(2)} ms`)
  }
  // A hunt in which nothing was ever acknowledged has shown nothing.
  expect(ledger.files.size + (ledger.output ?? 0)).toBeGreaterThan(0)
}

/** Kills a process that makes a root, each time a new one, and then opens what it left. */
export async function killWhileMaking(kills: number, random: () => number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const root = await temporaryRoot()
    const ledger: Ledger = { files: new Map(), doubtful: new Set(), output: undefined, next: 1 }
    const moment = random() * 60
    await runAndKill(root, 'put', 'opening', moment, ledger)
    await using dfs = await openDfs({ root })
    await judge(dfs, root, 'put', ledger, `${moment.toFixed(2)} ms of making a root`)
  }
}

async function runAndKill(
  root: string,
  mode: Mode,
  during: 'opening' | 'working' | 'acknowledged',
  moment: number,
  ledger: Ledger,
): Promise<void> {
  const child = spawn(process.execPath, [driver, root, mode, String(ledger.next)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const gone = once(child, 'close')
  const killLater = async (): Promise<void> => {
    await sleep(moment)
    child.kill('SIGKILL')
  }
  // Node itself needs some 40 ms to start.
  const early = during === 'opening' ? sleep(40).then(killLater) : undefined
  await follow(
    child,
    ledger,
    during === 'acknowledged' ? ['put', 'out'] : ['ready'],
    early === undefined ? killLater : () => early,
  )
  await early
  const [exitCode, signal] = await gone
  expect({ exitCode, signal, errors: errors.join('') }).toEqual({ exitCode: null, signal: 'SIGKILL', errors: '' })
}

/** Does `then` once one of the verbs `first` is heard. */
async function follow(
  child: ChildProcess,
  ledger: Ledger,
  first: readonly string[],
  then: () => Promise<void>,
): Promise<void> {
  if (child.stdout === null) throw new Error('the driver has no output')
  let killing: Promise<void> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const [verb, subject = ''] = line.split(' ')
    if (verb !== undefined && first.includes(verb)) killing ??= then()
    if (verb === 'put') {
      ledger.files.set(subject, sha256(contentOf(subject)))
      ledger.next = Number(subject.slice(subject.indexOf('f') + 1)) + 1
    }
    if (verb === 'deleting' && ledger.files.delete(subject)) ledger.doubtful.add(subject)
    if (verb === 'deleted') ledger.doubtful.delete(subject)
    if (verb === 'out') {
      ledger.output = Number(subject)
      ledger.next = ledger.output + 1
    }
  }
  await killing
}

async function judge(dfs: Dfs, root: string, mode: Mode, ledger: Ledger, when: string): Promise<void> {
  const seen = new Map<string, string>()
  for await (const status of dfs.walk('/')) {
    if (status.kind === 'file') seen.set(status.path, sha256(await readAll(dfs, status.path)))
  }
  for (const [path, hash] of ledger.files) expect(seen.get(path), `${path}, acknowledged before ${when}`).toBe(hash)
  for (const [path, hash] of seen) {
    const name = mode === 'publish' ? path.slice('/out/'.length) : path
    expect(hash, `${path} is whole after ${when}`).toBe(sha256(contentOf(name)))
  }
  if (mode === 'publish') judgeOutput([...seen.keys()], ledger, when)
  for (const path of seen.keys()) {
    // Seen but not acknowledged: the kill came between the deed and the word. From now on it has to stay.
    if (mode !== 'publish' && !ledger.doubtful.has(path)) ledger.files.set(path, seen.get(path) ?? '')
    ledger.next = Math.max(ledger.next, Number(/\d+$/.exec(path)?.[0] ?? 0) + 1)
  }
  ledger.doubtful.clear()
  expect(await temporaries(root), when).toEqual([])
  expect(await strayReplicas(dfs), when).toEqual([])
  expect(dfs.incidents, when).toEqual([])
}

/** One whole output: the last acknowledged one, or the one after it. */
function judgeOutput(paths: string[], ledger: Ledger, when: string): void {
  if (paths.length === 0) {
    expect(ledger.output, when).toBeUndefined()
    return
  }
  const number = Number(/\d+$/.exec(paths[0] ?? '')?.[0])
  expect(paths.sort(), when).toEqual([0, 1, 2].map((part) => `/out/part-${part}-of-${number}`))
  expect([ledger.output ?? number, (ledger.output ?? number) + 1], when).toContain(number)
  ledger.output = number
}

/** Repeatable: the moments are the same for the same seed, though what they hit is up to the machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
