import { createHash } from 'node:crypto'
import type { BenchOptions, Contender, Table } from './family.ts'
import { type Measurement, measure } from './measure.ts'

export interface Row {
  readonly name: string
  readonly how: string
  /** Every run in order; empty when the contender is absent. */
  readonly runs: readonly Measurement[]
  readonly medianSeconds?: number
  readonly fastestSeconds?: number
  readonly megabytesPerSecond?: number
  /** Its median over the first contender's: above 1, the first is faster. */
  readonly timesFirst?: number
  readonly peakBytes?: number
  readonly memoryBytes?: number
  readonly cpuSeconds?: number
  readonly command?: string
  readonly absent?: string
}

export interface TableResult {
  readonly title: string
  readonly inputBytes?: number
  readonly rows: readonly Row[]
}

/**
 * Times every contender `runs` times, one after another within each round, so that a machine that slows down slows
 * all of them. Their answers are compared in the first round: a wrong answer has no time.
 */
export async function runTable(table: Table, options: BenchOptions): Promise<TableResult> {
  table.open?.()
  try {
    return await runOpened(table, options)
  } finally {
    table.close?.()
  }
}

async function runOpened(table: Table, options: BenchOptions): Promise<TableResult> {
  const present = table.contenders.filter((contender) => contender.absent === undefined)
  const measured = new Map<Contender, Measurement[]>(present.map((contender) => [contender, []]))
  const rounds = options.smoke ? 1 : (table.runs ?? options.runs)
  const answers: { readonly name: string; readonly digest: string }[] = []

  for (let attempt = 0; attempt < rounds; attempt++) {
    for (const contender of present) {
      contender.prepare?.(attempt)
      const measurement = await measure(contender.run(attempt), options.scratch)
      measured.get(contender)?.push(measurement)
      options.note(
        `${table.title}, round ${attempt + 1} of ${rounds}: ${contender.name} ${measurement.seconds.toFixed(2)} s`,
      )
      if (attempt === 0 && contender.answer) {
        answers.push({ name: contender.name, digest: digest(contender.answer(attempt)) })
      }
      contender.discard?.(attempt)
    }
    if (attempt === 0) requireEqualAnswers(table.title, answers)
  }

  const first = present[0]
  const reference = first && median((measured.get(first) ?? []).map((run) => run.seconds))
  const rows = table.contenders.map((contender) => toRow(contender, measured.get(contender) ?? [], table, reference))
  return { title: table.title, ...(table.inputBytes !== undefined && { inputBytes: table.inputBytes }), rows }
}

function toRow(contender: Contender, runs: readonly Measurement[], table: Table, reference: number | undefined): Row {
  const { name, how, absent, memoryBytes, inputBytes = table.inputBytes } = contender
  const seconds = runs.map((run) => run.seconds)
  const middle = median(seconds)
  if (middle === undefined) return { name, how, runs, absent: absent ?? 'not run' }
  const cpu = median(runs.flatMap((run) => (run.cpuSeconds === undefined ? [] : [run.cpuSeconds])))
  const { command, args } = contender.run(0)
  return {
    name,
    how,
    runs,
    medianSeconds: middle,
    fastestSeconds: Math.min(...seconds),
    ...(inputBytes !== undefined && { megabytesPerSecond: inputBytes / 1e6 / middle }),
    ...(reference !== undefined && { timesFirst: middle / reference }),
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(cpu !== undefined && { cpuSeconds: cpu }),
    command: [command, ...args].join(' '),
  }
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}

function requireEqualAnswers(title: string, answers: readonly { name: string; digest: string }[]): void {
  const [first, ...others] = answers
  const different = others.filter((other) => other.digest !== first?.digest).map((other) => other.name)
  if (first !== undefined && different.length > 0) {
    throw new Error(`${title}: ${different.join(', ')} did not give the answer of ${first.name}; no times are reported`)
  }
}

function digest(answer: string): string {
  return createHash('sha256').update(answer).digest('hex')
}
