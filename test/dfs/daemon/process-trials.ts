import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type Dfs, endProcess, findProcesses, openDfs } from '../../../dfs/index.ts'
import { patterned, readAll, temporaryRoot, writeFile } from '../harness.ts'

const quern = fileURLToPath(new URL('../../../dist/bin/quern.js', import.meta.url))
const settings = 'heartbeatMillis=100,staleMillis=400,deadMillis=1500,replicationRetryMillis=200,blockSize=1048576'
const datanodes = 4
/** Longer than anything waits for: a step that takes as long hangs. */
const hangMillis = 90_000

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const harms = ['kill', 'namenode', 'freeze', 'freeze namenode', 'delete', 'old copy'] as const
export type Harm = (typeof harms)[number]

/** So many, each kind as often as the others, the order by chance. */
export function manyHarms(count: number, random: () => number): Harm[] {
  const ordered = Array.from({ length: count }, (_, i) => ({ harm: harms[i % harms.length] ?? 'kill', at: random() }))
  return ordered.sort((a, b) => a.at - b.at).map(({ harm }) => harm)
}

/** A namenode and datanodes as processes, and what was acknowledged, kept outside. */
class ProcessTrial {
  readonly root: string
  readonly random: () => number
  readonly acknowledged = new Map<string, string>()
  readonly story: string[] = []
  readonly #began = performance.now()
  #stopped: number | undefined

  constructor(root: string, random: () => number) {
    this.root = root
    this.random = random
  }

  tell(what: string): void {
    this.story.push(`${((performance.now() - this.#began) / 1000).toFixed(2)} s: ${what}`)
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.random() * values.length)]
    if (value === undefined) throw new Error('nothing to pick from')
    return value
  }

  run(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, QUERN_ROOT: this.root }
      execFile(process.execPath, [quern, ...words], { env, timeout: hangMillis }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`quern ${words.join(' ')}: ${error.message}\n${stdout}${stderr}`))
      })
    })
  }

  async start(): Promise<void> {
    const words = ['dfs', 'start', '--datanodes', String(datanodes), '--set', settings, '--http-port', '0']
    await this.run(...words)
  }

  /** Gives up loudly on what takes too long. */
  async bounded<T>(what: string, action: Promise<T>): Promise<T> {
    const end = new AbortController()
    const hangs = sleep(hangMillis, undefined, { signal: end.signal }).then(() => {
      throw new Error(`${what} hangs`)
    })
    hangs.catch(() => undefined)
    try {
      return await Promise.race([action, hangs])
    } finally {
      end.abort()
    }
  }

  async signal(name: string, signal: NodeJS.Signals): Promise<number | undefined> {
    const { namenode, datanodes: nodes } = await findProcesses(this.root)
    const pid = name === 'namenode' ? namenode?.pid : nodes.find((node) => node.name === name)?.pid
    if (pid !== undefined) process.kill(pid, signal)
    return pid
  }

  readonly directoryOf = (name: string): string => join(this.root, 'datanodes', name)

  async healed(dfs: Dfs): Promise<void> {
    const until = performance.now() + hangMillis
    for (;;) {
      const report = await dfs.report()
      const live = report.datanodes.filter(({ liveness }) => liveness === 'live').length
      const { underReplicated, missingBlocks, pendingReplication } = report
      if (live === datanodes && underReplicated + missingBlocks + pendingReplication === 0) return
      if (performance.now() > until) throw new Error(`replication does not return: ${JSON.stringify(report)}`)
      await sleep(50)
    }
  }

  async harm(dfs: Dfs, what: Harm): Promise<void> {
    const victim = this.pick(['dn1', 'dn2', 'dn3', 'dn4'])
    this.tell(`${what} ${what.endsWith('namenode') ? '' : victim}`)
    if (what === 'kill' || what === 'namenode') {
      await this.signal(what === 'kill' ? victim : 'namenode', 'SIGKILL')
      await sleep(this.random() * 2500)
      await this.start()
    } else if (what === 'freeze' || what === 'freeze namenode') {
      this.#stopped = await this.signal(what === 'freeze' ? victim : 'namenode', 'SIGSTOP')
      // Sometimes for longer than its clients listen to silence.
      await sleep(what === 'freeze' ? 3000 : 1000 + this.random() * 6000)
      if (this.#stopped !== undefined) process.kill(this.#stopped, 'SIGCONT')
      this.#stopped = undefined
    } else {
      // Not while others are being filled: two of three replicas may go, not all.
      await this.healed(dfs)
      if (what === 'delete') await rm(this.directoryOf(victim), { recursive: true, force: true, maxRetries: 9 })
      else await this.putBack(dfs, victim)
      await this.healed(dfs)
    }
    this.tell(`${what} is over`)
  }

  /** The datanode's directory becomes what it was a while ago. */
  async putBack(dfs: Dfs, victim: string): Promise<void> {
    const copy = `${this.directoryOf(victim)}.old`
    // Held for a moment, for what is deleted while it is copied is an error.
    await this.signal(victim, 'SIGSTOP')
    await cp(this.directoryOf(victim), copy, { recursive: true })
    await this.signal(victim, 'SIGCONT')
    await sleep(500 + this.random() * 1000)
    await this.healed(dfs)
    await this.signal(victim, 'SIGKILL')
    await rm(this.directoryOf(victim), { recursive: true, force: true, maxRetries: 9 })
    await cp(copy, this.directoryOf(victim), { recursive: true })
    await rm(copy, { recursive: true })
    await this.start()
  }

  /** One that is begun while there is no namenode is refused, and begun again. */
  async job(input: string, output: string): Promise<void> {
    for (;;) {
      try {
        await this.run('run', 'wordcount', '-i', input, '-o', output, '-r', '1', '--quiet')
        return
      } catch (error) {
        if (!String(error).includes('runs, but no namenode: start it with quern dfs start')) throw error
        await sleep(100)
      }
    }
  }

  async work(dfs: Dfs, step: number): Promise<void> {
    const names = [...this.acknowledged.keys()]
    const what = names.length < 3 ? 'put' : this.pick(['put', 'put', 'put', 'read', 'read', 'delete', 'rename', 'job'])
    const began = performance.now()
    if (what === 'put') {
      const bytes = patterned(Math.floor(this.random() * (step % 4 === 0 ? 6_000_000 : 200_000)), step)
      await writeFile(dfs, `/d${step % 3}/f${step}`, bytes)
      this.acknowledged.set(`/d${step % 3}/f${step}`, sha256(bytes))
    } else if (what === 'job') {
      const words = 'to be or not to be '.repeat(1 + Math.floor(this.random() * 20_000))
      await writeFile(dfs, `/in${step}`, Buffer.from(`${words}\n`))
      await this.job(`dfs:/in${step}`, `dfs:/out${step}`)
      const count = words.length / 'to be or not to be '.length
      const counted = `be\t${2 * count}\nnot\t${count}\nor\t${count}\nto\t${2 * count}\n`
      expect((await readAll(dfs, `/out${step}/part-r-00000`)).toString()).toBe(counted)
      this.acknowledged.set(`/out${step}/part-r-00000`, sha256(Buffer.from(counted)))
    } else {
      const path = this.pick(names)
      const hash = this.acknowledged.get(path) ?? ''
      if (what === 'read') expect(sha256(await readAll(dfs, path)), path).toBe(hash)
      this.acknowledged.delete(path)
      if (what === 'delete') expect(await dfs.delete(path)).toBe(true)
      else if (what === 'rename') await dfs.rename(path, `${path}r`)
      if (what !== 'delete') this.acknowledged.set(what === 'rename' ? `${path}r` : path, hash)
    }
    this.tell(`${what} ${step} took ${(performance.now() - began).toFixed(0)} ms`)
  }

  async judge(dfs: Dfs): Promise<void> {
    await this.bounded('starting', this.start())
    await this.bounded('healing', this.healed(dfs))
    for (const [path, hash] of this.acknowledged) {
      expect(sha256(await this.bounded(`reading ${path}`, readAll(dfs, path))), path).toBe(hash)
    }
    const said = await this.run('dfs', 'fsck', '/')
    expect(said).toContain('is HEALTHY')
    expect(/Under-replicated blocks:\s+0/.test(said), said).toBe(true)
  }

  async end(): Promise<void> {
    if (this.#stopped !== undefined) process.kill(this.#stopped, 'SIGCONT')
    const { namenode, datanodes: nodes } = await findProcesses(this.root)
    const all = namenode === undefined ? nodes : [...nodes, namenode]
    await Promise.all(all.map((one) => endProcess(one, 5000)))
  }
}

/** Works on a DFS of processes, `steps` steps at least, while they are harmed at moments that `random` gives. */
export async function harmProcesses(steps: number, todo: readonly Harm[], random: () => number): Promise<void> {
  const trial = new ProcessTrial(await temporaryRoot(), random)
  try {
    await trial.start()
    const dfs = await openDfs({ root: trial.root, create: false })
    try {
      let over = false
      let failed = false
      const harming = async (): Promise<void> => {
        for (const harm of todo) {
          if (failed) return
          await sleep(random() * 400)
          await trial.bounded('harming', trial.harm(dfs, harm))
        }
        over = true
      }
      const working = async (): Promise<void> => {
        for (let step = 0; (step < steps || !over) && !failed; step++) {
          await trial.bounded(`step ${step}`, trial.work(dfs, step))
        }
      }
      const both = [harming(), working()].map((part) =>
        part.catch((error: unknown) => {
          failed = true
          throw error
        }),
      )
      // Both to their end, also where one fails: nobody may start processes any more when all are ended.
      for (const end of await Promise.allSettled(both)) if (end.status === 'rejected') throw end.reason
      await trial.judge(dfs)
    } finally {
      await dfs.close()
    }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${trial.story.join('\n')}`, {
      cause: error,
    })
  } finally {
    await trial.end()
  }
}
