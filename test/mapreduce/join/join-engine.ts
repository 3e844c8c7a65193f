import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JoinSideName, JoinStrategy, JoinType } from '../../../mapreduce/job.ts'
import { pairParts } from '../../../mapreduce/master/merge-splits.ts'
import { planSplits } from '../../../mapreduce/master/splits.ts'
import {
  type BroadcastTable,
  type HotKey,
  type InputFile,
  type MapTask,
  PROGRESS_FIELDS,
  type RunSlice,
  type TaskDone,
} from '../../../mapreduce/master/task.ts'
import { finished } from '../worker/engine.ts'
import { source } from './join-fixture.ts'

const dist = new URL('../../../dist/mapreduce/worker/task-runner.js', import.meta.url)
const { createRunner }: typeof import('../../../mapreduce/worker/task-runner.ts') = await import(dist.href)

export interface EngineJoinCase {
  readonly type: JoinType
  readonly strategy: JoinStrategy
  readonly held: JoinSideName
  /** Files of each side: their contents. */
  readonly left: readonly string[]
  readonly right: readonly string[]
  readonly composite?: boolean
  readonly async?: boolean
  readonly wide?: number
  readonly reducers?: number
  readonly memoryBytes?: number
  readonly splitBytes?: number
  readonly tableBytesMax?: number
  readonly checked?: boolean
  /** Keys that are dealt out, and from which side. */
  readonly hot?: readonly HotKey[]
}

export interface JoinResult {
  readonly parts: string[]
  readonly done: readonly TaskDone[]
}

/** Runs a join by one strategy in this thread: no threads to start, so that thousands of cases take seconds. */
export async function runJoin(join: EngineJoinCase): Promise<JoinResult> {
  const directory = mkdtempSync(path.join(tmpdir(), 'quern-join-test-'))
  try {
    return await new JoinEngine(join, directory).run()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

class JoinEngine {
  private readonly join: EngineJoinCase
  private readonly directory: string
  private readonly files: InputFile[] = []

  constructor(join: EngineJoinCase, directory: string) {
    this.join = join
    this.directory = directory
    // As the master has it: the held side's files come first.
    for (const side of [join.held, join.held === 'left' ? 'right' : 'left'] as const) {
      for (const [n, text] of join[side].entries()) {
        const file = path.join(directory, `${side}-${n}`)
        writeFileSync(file, text)
        const length = Buffer.byteLength(text)
        this.files.push({ kind: 'local', path: file, name: `${side}-${n}`, length, gzip: false, input: side })
      }
    }
  }

  async run(): Promise<JoinResult> {
    const { strategy, held, memoryBytes = 4 * 2 ** 20, splitBytes = 2 ** 20 } = this.join
    const { reducers = 1 } = this.join
    const shuffles = strategy === 'sort-merge' || strategy === 'partitioned'
    const moduleFile = path.join(this.directory, 'join.mjs')
    writeFileSync(moduleFile, source({ ...this.join, strategy: 'auto' }))
    process.env['QUERN_KERNELS'] = 'plain'
    const runner = createRunner(
      {
        plan: {
          jobId: 'join',
          moduleUrl: pathToFileURL(moduleFile).href,
          params: {},
          sides: [],
          files: this.files,
          reducers: shuffles ? reducers : 0,
          memoryBytes,
          scratch: this.directory,
          checked: this.join.checked === true,
          join: { strategy, held },
        },
        slot: 0,
        datanode: '',
        progress: new SharedArrayBuffer(PROGRESS_FIELDS * 8),
      },
      () => {},
    )
    const done: TaskDone[] = []
    const outputFile = (name: string): string => path.join(this.directory, `out-${name}`)
    let table: BroadcastTable | undefined
    if (strategy === 'broadcast') {
      const segments = this.files.flatMap(({ input, length }, file) =>
        input === held && length > 0 ? [{ file, start: 0, length }] : [],
      )
      const tableBytesMax = this.join.tableBytesMax ?? 2 ** 20
      const built = finished(
        await runner({ kind: 'broadcast', task: 0, attempt: 1, segments, outputFile: outputFile('b'), tableBytesMax }),
      )
      if (built.table === undefined || built.table === 'too large') return { parts: [], done: [built] }
      table = built.table
    }
    const mapped =
      strategy === 'broadcast'
        ? this.files.map((file) => (file.input === held ? { ...file, length: 0 } : file))
        : this.files
    const splits =
      strategy === 'merge'
        ? pairParts(this.files)
        : planSplits(mapped, { splitBytes, cutBytes: 1, byBlock: true, splittable: true })
    const maps = splits.map(
      ({ segments }, task): MapTask => ({
        kind: 'map',
        task,
        attempt: 1,
        segments,
        outputFile: outputFile(`m${task}`),
        skippedFile: outputFile(`s${task}`),
        ...(table === undefined ? {} : { table }),
        ...(this.join.hot === undefined ? {} : { hot: this.join.hot }),
      }),
    )
    for (const map of maps) done.push(finished(await runner(map)))
    if (!shuffles) return { parts: maps.map((map) => readFileSync(map.outputFile, 'utf8')), done }
    const parts: string[] = []
    const slices = done.map((map) => map.slices)
    for (let part = 0; part < reducers; part++) {
      const runs: RunSlice[] = slices.flatMap((of) => of.slice(part, part + 1)).filter((run) => run.records > 0)
      const reduce = { kind: 'reduce', task: part, attempt: 1, runs, outputFile: outputFile(`r${part}`) } as const
      done.push(finished(await runner(reduce)))
      parts.push(readFileSync(reduce.outputFile, 'utf8'))
    }
    return { parts, done }
  }
}
