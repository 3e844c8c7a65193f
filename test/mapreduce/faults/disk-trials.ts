import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from '../master/run-job-fixture.ts'
import { faultyDisk } from '../output/faulty-disk.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const faultyFs = new URL('./fixtures/faulty-fs.mjs', import.meta.url).href
const fixture = (name: string): string => new URL(`./fixtures/${name}.mjs`, import.meta.url).href
const bundled = (name: string): string => new URL(`../../../dist/jobs/${name}.js`, import.meta.url).href

/** A worker's least memory here: a few hundred KB of input fill it many times over. */
const MEMORY_BYTES = 1024 * 1024

export interface WorkerFault {
  readonly calls: 'write' | 'read'
  /** From 1; 0 for none. */
  readonly at: number
  readonly fault: 'ENOSPC' | 'EIO' | 'EMFILE' | 'short' | 'exit' | 'memory' | 'hang'
  /** How many calls fail, from that one on. */
  readonly last?: number
}

/** The first file of such a name that is opened to be read is damaged just before. */
export interface Harm {
  readonly name: '.run' | '.spill-0' | '.pass-0' | '.inflated'
  readonly how: 'gone' | 'cut' | 'flip'
  /** Which byte; a negative number counts from the end. */
  readonly at: number
}

/** What a job ends with whose attempts all meet the fault. */
const codes: Readonly<Record<WorkerFault['fault'], string>> = {
  ENOSPC: 'MR_NO_SPACE',
  EIO: 'MR_IO',
  EMFILE: 'MR_IO',
  short: 'none',
  exit: 'MR_TASK_LOST',
  memory: 'MR_WORKER_OUT_OF_MEMORY',
  hang: 'MR_TASK_TIMEOUT',
}

export const noFault: WorkerFault = { calls: 'write', at: 0, fault: 'EIO' }

interface Trial {
  readonly moduleUrl: string
  readonly inputs: Readonly<Record<string, string | Buffer>>
  readonly options: Partial<RunJobOptions>
}

const word = (n: number): string => `w${((n * 2_654_435_761) >>> 0).toString(36)}`
const text = (lines: number, seed: number, pad = 120): string =>
  Array.from(
    { length: lines },
    (_, n) => `${word(seed + n)} ${word(n % 97)} ${word(seed + 7 * n)} ${word(n % 1009)} ${'-'.repeat(pad)}\n`,
  ).join('')
const table = (lines: number, key: (n: number) => number): string =>
  Array.from({ length: lines }, (_, n) => `k${key(n)},${word(n)}${'wide'.repeat(200)}\n`).join('')

/** Small jobs that among them write everything a job writes. */
export const trials = {
  'a job that spills, combines, merges in passes and writes a named output': {
    moduleUrl: fixture('spilling-job'),
    inputs: { a: `${text(300, 1, 370)}bad\n`, 'b.gz': gzipSync(text(400, 50_000, 370)) },
    options: { reducers: 2, splitBytes: 7000, skipBad: 1 },
  },
  'a sort': { moduleUrl: bundled('sort'), inputs: { a: text(3500, 3) }, options: { reducers: 2, splitBytes: 35_000 } },
  'a word count': { moduleUrl: bundled('wordcount'), inputs: { a: text(6000, 5) }, options: { splitBytes: 400_000 } },
  'a join by sorting, with many rows of a key': {
    moduleUrl: fixture('wide-join'),
    inputs: { left: table(300, (n) => (n < 3 ? 0 : n)), right: table(1200, (n) => (n % 2 === 0 ? 0 : n)) },
    options: { reducers: 2, params: { strategy: 'sort-merge' } },
  },
  'a join by hash tables that outgrow memory': {
    moduleUrl: fixture('wide-join'),
    inputs: { left: table(700, (n) => (n < 20 ? 0 : n)), right: table(1200, (n) => (n % 2 === 0 ? 0 : n)) },
    options: { reducers: 1, params: { strategy: 'partitioned' } },
  },
  'a join with one side broadcast': {
    moduleUrl: fixture('wide-join'),
    inputs: { left: table(700, (n) => n % 90), right: table(80, (n) => n) },
    options: { params: { strategy: 'broadcast' } },
  },
  'a flow of several stages': {
    moduleUrl: fixture('flow'),
    inputs: { a: text(2000, 11) },
    options: { reducers: 2, splitBytes: 100_000 },
  },
} satisfies Readonly<Record<string, Trial>>

export type TrialName = keyof typeof trials
export const trialNames: readonly TrialName[] = Object.keys(trials).filter((name): name is TrialName => name in trials)

export interface Ended {
  /** Undefined for a job that failed. */
  readonly report: JobReport | undefined
  readonly error: unknown
  /** Every call that was counted, in order: `write /some/file`. */
  readonly calls: readonly string[]
  readonly digests: Readonly<Record<string, string>>
  /** The counters that tell of the data, not of attempts. */
  readonly counted: Readonly<Record<string, number>>
}

/** Runs a job again and again over the output of its first, undisturbed run. */
export class DiskTrials implements AsyncDisposable {
  readonly place: Place
  readonly #trial: Trial
  #expected: Ended['digests'] = {}
  #before: readonly string[] = []
  #counted: Ended['counted'] = {}

  private constructor(place: Place, trial: Trial) {
    this.place = place
    this.#trial = trial
  }

  static async of(name: TrialName): Promise<DiskTrials> {
    const place = await makePlace()
    const trials_ = new DiskTrials(place, trials[name])
    await trials_.#prepare()
    return trials_
  }

  async #prepare(): Promise<void> {
    for (const [name, bytes] of Object.entries(this.#trial.inputs)) {
      await fs.writeFile(await this.place.write(`in/${name}`, ''), bytes)
    }
    const first = await this.run()
    if (first.error !== undefined) throw first.error
    this.#expected = first.digests
    this.#counted = first.counted
    this.#before = await this.place.tree()
  }

  /** One run with one worker, so that the Nth call is the same one every time. */
  async run(fault: WorkerFault = noFault, harm?: Harm, more: Partial<RunJobOptions> = {}): Promise<Ended> {
    const { moduleUrl, inputs, options } = this.#trial
    const trace = `${this.place.directory}.trace`
    rmSync(trace, { force: true })
    const install = `import { install } from ${JSON.stringify(faultyFs)}; install(${JSON.stringify({ ...fault, only: this.place.directory, trace, harm })})`
    const faulty = [...worker.execArgv, '--import', `data:text/javascript,${encodeURIComponent(install)}`]
    const names = Object.keys(inputs)
    let report: JobReport | undefined
    let error: unknown
    try {
      report = await this.place.run(
        {
          moduleUrl,
          inputs: names.map((name) => ({
            kind: 'local',
            path: this.place.at('in', name),
            ...(names.includes('left') ? { name } : {}),
          })),
          overwrite: true,
          workers: 1,
          memoryBytes: MEMORY_BYTES,
          // A lost run is not the failure of the reduce that misses it.
          taskAttempts: harm?.name === '.run' ? 1 : 2,
          ...options,
          ...more,
        },
        {
          worker: { ...worker, execArgv: faulty },
          limits: { workerMemoryBytesMin: MEMORY_BYTES, threadStartMs: 10_000 },
          // Waits for no disk.
          disk: faultyDisk({ kind: 'none' }).disk,
        },
      )
    } catch (thrown) {
      error = thrown
    }
    const lines = existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').slice(0, -1) : []
    rmSync(trace, { force: true })
    if (!['exit', 'memory', 'hang'].includes(fault.fault)) {
      const opened = lines.filter((line) => line.startsWith('+')).length
      expect(lines.filter((line) => line.startsWith('-')).length, 'files closed, of those opened').toBe(opened)
    }
    const calls = lines.filter((line) => !/^[+-]/.test(line))
    return { report, error, calls, digests: await this.#digests(), counted: ofTheData(report) }
  }

  /** Right output, or a failure that says where and what to do with the old output untouched; nothing left either way. */
  async check(fault: WorkerFault, more: Partial<RunJobOptions> = {}): Promise<Ended> {
    const ended = await this.run(fault, undefined, more)
    const [call = 'no call', file = ''] = (ended.calls[fault.at - 1] ?? '').split(' ')
    const where = `${fault.fault} at ${fault.calls} ${fault.at}, ${call} ${file}`
    expect.soft(ended.digests, where).toEqual(this.#expected)
    expect.soft(await this.place.tree(), where).toEqual(this.#before)
    if (ended.report !== undefined) expect.soft(ended.counted, where).toEqual(this.#counted)
    else {
      expect.soft(ended.error, where).toMatchObject({ code: codes[fault.fault] })
      if (codes[fault.fault] === 'MR_IO' || fault.fault === 'ENOSPC') {
        // A run that can not be read is made again, and then it may be the input that can not.
        const named = fault.calls === 'read' ? this.place.directory : path.dirname(file)
        expect.soft(String(ended.error), where).toContain(named)
      }
      if (fault.fault === 'ENOSPC') expect.soft(String(ended.error), where).toMatch(/[Ff]ree some space/)
    }
    return ended
  }

  /** Right output and counters, whatever was done to the file. */
  async checkHarmed(harm: Harm): Promise<JobReport> {
    const { report, error, calls, digests, counted } = await this.run(noFault, harm)
    const what = `${harm.name} ${harm.how} ${harm.at}`
    expect
      .soft(
        calls.filter((call) => call.startsWith('harmed')),
        what,
      )
      .toHaveLength(1)
    if (report === undefined) throw error
    expect.soft(digests, what).toEqual(this.#expected)
    expect.soft(counted, what).toEqual(this.#counted)
    expect.soft(await this.place.tree(), what).toEqual(this.#before)
    return report
  }

  async #digests(): Promise<Record<string, string>> {
    const digests: Record<string, string> = {}
    const out = this.place.at('out')
    if (!existsSync(out)) return digests
    for (const name of await fs.readdir(out)) {
      digests[name] = createHash('sha256')
        .update(await fs.readFile(`${out}/${name}`))
        .digest('hex')
    }
    return digests
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]()
  }
}

function ofTheData(report: JobReport | undefined): Readonly<Record<string, number>> {
  if (report === undefined) return {}
  const ofAttempts = /^(launched|failed|lost|timed-out)-|-(local|rack)$/
  const counted = Object.entries(report.counters).filter(([name]) => !ofAttempts.test(name))
  return { ...Object.fromEntries(counted), ...report.userCounters }
}

/** Where each kind of call on each kind of file is met first, from 1. */
export function firsts(calls: readonly string[], of: RegExp): number[] {
  const seen = new Map<string, number>()
  for (const [index, call] of calls.entries()) {
    const kind = call.replace(/ .*\//, ' ').replace(/\d+/g, 'N')
    if (of.test(kind) && !seen.has(kind)) seen.set(kind, index + 1)
  }
  return [...seen.values()]
}
