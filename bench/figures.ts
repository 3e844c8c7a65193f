import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { BenchOptions, Figure, FigureTable } from './family.ts'
import { measure } from './measure.ts'
import { align } from './report.ts'
import { median } from './runner.ts'

export interface FigureResult {
  readonly name: string
  readonly how: string
  readonly unit: string
  /** Every run's, in order. */
  readonly values: readonly number[]
  readonly median: number
  readonly target?: string
  readonly met?: boolean
  readonly published?: string
}

export interface FigureTableResult {
  readonly title: string
  readonly figures: readonly FigureResult[]
}

/** Runs every program `runs` times, one after another within each round, and takes the medians of what they print. */
export async function runFigures(table: FigureTable, options: BenchOptions): Promise<FigureTableResult> {
  const values = new Map<Figure, number[]>(table.figures.map((figure) => [figure, []]))
  table.open?.()
  try {
    for (let attempt = 0; attempt < (options.smoke ? 1 : options.runs); attempt++) {
      for (const figure of table.figures) {
        figure.prepare?.(attempt)
        const value = await printed(figure, attempt, options)
        values.get(figure)?.push(value)
        options.note(`${table.title}, round ${attempt + 1}: ${figure.name} ${amount(value)} ${figure.unit}`)
        figure.discard?.(attempt)
      }
    }
  } finally {
    table.close?.()
  }
  return { title: table.title, figures: table.figures.map((figure) => toResult(figure, values.get(figure) ?? [])) }
}

async function printed(figure: Figure, attempt: number, options: BenchOptions): Promise<number> {
  const stdout = path.join(options.scratch, `figure-${process.pid}`)
  await measure({ ...figure.run(attempt), stdout }, options.scratch)
  const text = readFileSync(stdout, 'utf8').trim()
  rmSync(stdout)
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw new Error(`${figure.name}: expected one number, found "${text}"`)
  return value
}

function toResult(figure: Figure, values: readonly number[]): FigureResult {
  const { name, how, unit, target, published } = figure
  const middle = median(values) ?? Number.NaN
  return {
    name,
    how,
    unit,
    values,
    median: middle,
    ...(target !== undefined && { target: said(target), met: isMet(target, middle) }),
    ...(published !== undefined && { published }),
  }
}

type Target = NonNullable<Figure['target']>

const said = (target: Target): string =>
  'atLeast' in target ? `>= ${amount(target.atLeast)}` : `<= ${amount(target.atMost)}`
const isMet = (target: Target, value: number): boolean =>
  'atLeast' in target ? value >= target.atLeast : value <= target.atMost

/** The table as a person reads it. */
export function formatFigures({ title, figures }: FigureTableResult): string {
  const rows = figures.map(({ name, median: middle, unit, target, met, published, how }) => [
    name,
    amount(middle),
    unit,
    target ?? '-',
    met === undefined ? '-' : met ? 'yes' : 'NO',
    published ?? '-',
    how,
  ])
  return [title, ...align([['', 'median', 'unit', 'target', 'met', 'published', 'how'], ...rows])].join('\n')
}

const amount = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1)
