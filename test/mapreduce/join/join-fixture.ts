import fs from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { JoinStrategy, JoinType } from '../../../mapreduce/job.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { type FakeSeams, makePlace, type Place } from '../master/run-job-fixture.ts'

export const joinTypes: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']
export const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)

/** A row: a number of its own, and two key fields; an empty one is null. */
export interface Row {
  readonly id: string
  readonly a: string
  readonly b: string
}

export interface JoinCase {
  readonly left: readonly Row[]
  readonly right: readonly Row[]
  readonly type: JoinType
  readonly strategy: JoinStrategy | 'auto'
  /** Both fields are the key, not only the first. */
  readonly composite?: boolean
  readonly small?: 'left' | 'right'
}

export const lines = (rows: readonly Row[]): string => rows.map(({ id, a, b }) => `${id}\t${a}\t${b}\n`).join('')

export interface JoinSource {
  readonly type: JoinType
  readonly strategy: JoinStrategy | 'auto'
  readonly composite?: boolean
  readonly small?: 'left' | 'right'
  /** `join` is an async function. */
  readonly async?: boolean
  /** Values carry so many bytes more: memory is full sooner. */
  readonly wide?: number
}

/** A join written as a module that needs nothing: `id|id`, a dash for what is missing. */
export function source({ type, strategy, composite, small, async: waits, wide }: JoinSource): string {
  const key = composite
    ? '(line) => [line.field(1).length ? line.field(1) : null, line.field(2).length ? line.field(2) : undefined]'
    : '(line) => (line.field(1).length ? line.field(1) : null)'
  const value = wide ? `(line) => [line.field(0), 'x'.repeat(${wide})]` : '(line) => line.field(0)'
  const side = `{ key: ${key}, value: ${value} }`
  return `
    const id = (row) => (row === undefined ? '-' : ${wide ? 'row[0]' : 'row'})
    export default { join: { type: '${type}', strategy: '${strategy}', ${small === undefined ? '' : `small: '${small}',`}
      left: ${side}, right: ${side},
      ${waits ? 'async ' : ''}join(key, left, right, emit) {
        ${waits ? 'await null;' : ''}
        emit(id(left) + '|' + id(right))
      } } }`
}

export class Joiner implements AsyncDisposable {
  readonly place: Place
  #runs = 0

  private constructor(place: Place) {
    this.place = place
  }

  static async make(): Promise<Joiner> {
    return new Joiner(await makePlace())
  }

  /** The output's parts, in order, and the report. Sides are written as one file each unless they are there already. */
  async run(
    join: JoinCase,
    options: Partial<RunJobOptions> = {},
    seams: FakeSeams = {},
    moduleText = source(join),
  ): Promise<{ parts: string[]; report: JobReport }> {
    const run = this.#runs++
    const inputs = { left: `left-${run}`, right: `right-${run}` }
    await this.place.write(inputs.left, lines(join.left))
    await this.place.write(inputs.right, lines(join.right))
    return await this.runFiles(
      moduleText,
      (['left', 'right'] as const).map((name) => ({ kind: 'local', name, path: this.place.at(inputs[name]) })),
      options,
      seams,
    )
  }

  async runFiles(
    moduleText: string,
    inputs: RunJobOptions['inputs'],
    options: Partial<RunJobOptions> = {},
    seams: FakeSeams = {},
  ): Promise<{ parts: string[]; report: JobReport }> {
    const run = this.#runs++
    const out = this.place.at(`out-${run}`)
    const moduleUrl = await this.place.write(`job-${run}.mjs`, moduleText)
    const report = await this.place.run(
      // Each worker costs its start; what several of them change has tests of its own.
      { moduleUrl, inputs, output: { kind: 'local', path: out }, workers: 1, ...options },
      { worker, ...seams },
    )
    const names = (await fs.readdir(out)).filter((name) => name.startsWith('part-')).sort()
    const parts = await Promise.all(names.map((name) => fs.readFile(path.join(out, name), 'utf8')))
    await fs.rm(out, { recursive: true })
    return { parts, report }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]()
  }
}

/** The rows of a join's output in byte order, whatever order they came in. */
export function sorted(parts: readonly string[]): string[] {
  return parts.flatMap((part) => part.split('\n').slice(0, -1)).sort()
}

/** What DuckDB makes of the same files. */
export class Oracle {
  readonly #connection: Awaited<ReturnType<DuckDBInstance['connect']>>
  #tables = 0

  private constructor(connection: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#connection = connection
  }

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    return new Oracle(await instance.connect())
  }

  close(): void {
    this.#connection.closeSync()
  }

  async rows({ left, right, type, composite }: JoinCase): Promise<string[]> {
    const n = this.#tables++
    for (const [name, rows] of [
      ['l', left],
      ['r', right],
    ] as const) {
      await this.#connection.run(`create table ${name}${n} (id varchar, a varchar, b varchar)`)
      if (rows.length > 0) {
        const text = (value: string): string => (value === '' ? 'null' : `'${value}'`)
        const values = rows.map(({ id, a, b }) => `('${id}',${text(a)},${text(b)})`).join(',')
        await this.#connection.run(`insert into ${name}${n} values ${values}`)
      }
    }
    const on = composite ? 'l.a = r.a and l.b = r.b' : 'l.a = r.a'
    const right2 = type === 'semi' || type === 'anti' ? `'-'` : `coalesce(r.id, '-')`
    const query = `select coalesce(l.id, '-') || '|' || ${right2} from l${n} l ${type === 'full' ? 'full outer' : type} join r${n} r on ${on}`
    const result = await this.#connection.runAndReadAll(query)
    return result
      .getRows()
      .map(([row]) => String(row))
      .sort()
  }
}
