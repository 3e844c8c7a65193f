import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { brc } from './families/brc.ts'
import { dfs } from './families/dfs.ts'
import { grep } from './families/grep.ts'
import { join } from './families/join.ts'
import { scale } from './families/scale.ts'
import { sort } from './families/sort.ts'
import { startup } from './families/startup.ts'
import { wordcount } from './families/wordcount.ts'
import type { BenchOptions, Family } from './family.ts'
import { type FigureTableResult, formatFigures, runFigures } from './figures.ts'
import { quernVersion } from './quern.ts'
import { describeMachine, formatTable, machineLine } from './report.ts'
import { runTable, type TableResult } from './runner.ts'

const families: readonly Family[] = [wordcount, sort, join, grep, brc, scale, dfs, startup]

const usage = `npm run bench -- [options]
  --only NAME      one family: ${families.map((family) => family.name).join(', ')}; may be repeated
  --runs N         runs of each contender, interleaved; the median counts (default 5)
  --size MB        input in MiB (default 256; sort, grep, brc, scale and dfs 1024)
  --workers N      quern's workers and DuckDB's threads (default 2)
  --memory MB      quern's budget in MiB (default 512)
  --slow           also what takes minutes: gawk and tr | sort | uniq, four times the size in scale
  --smoke          once, on 1 MiB: shows that the benchmark works, says nothing of speed
  --json PATH      where the results go (default bench/results/<date>.json)
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: '5' },
    size: { type: 'string' },
    workers: { type: 'string', default: '2' },
    memory: { type: 'string', default: '512' },
    slow: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(usage)
else process.exitCode = await bench()

async function bench(): Promise<number> {
  const chosen = families.filter((family) => values.only === undefined || values.only.includes(family.name))
  const numbers = [values.runs, values.size ?? 256, values.workers, values.memory].map(Number)
  if (chosen.length < (values.only?.length ?? 1) || numbers.some((number) => !Number.isInteger(number) || number < 1)) {
    process.stderr.write(`Unknown family or not a whole number above 0.\n${usage}`)
    return 2
  }
  const [runs = 0, , workers = 0, memory = 0] = numbers
  const scratch = mkdtempSync(path.join(tmpdir(), 'quern-bench-run-'))
  const options: BenchOptions = {
    runs,
    workers,
    sizeBytes: 2 ** 20,
    memoryBytes: memory * 2 ** 20,
    slow: values.slow,
    smoke: values.smoke,
    cache: path.join(tmpdir(), 'quern-bench'),
    scratch,
    note: (text) => process.stderr.write(`${text}\n`),
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
  const started = new Date()
  const machine = describeMachine()
  const results: TableResult[] = []
  const figures: FigureTableResult[] = []
  process.stdout.write(`quern ${quernVersion()}, ${started.toISOString().slice(0, 10)}, ${machineLine(machine)}\n`)
  for (const family of chosen) {
    const size = values.smoke ? 1 : Number(values.size ?? family.size ?? 256)
    const sized = { ...options, sizeBytes: size * 2 ** 20 }
    for (const table of await family.tables(sized)) {
      const result = await runTable(table, options)
      results.push(result)
      process.stdout.write(`\n${formatTable(result)}\n`)
    }
    for (const table of (await family.figures?.(sized)) ?? []) {
      const result = await runFigures(table, options)
      figures.push(result)
      process.stdout.write(`\n${formatFigures(result)}\n`)
    }
  }

  const file = path.resolve(
    values.json ?? path.join(import.meta.dirname, 'results', `${started.toISOString().replaceAll(':', '-')}.json`),
  )
  mkdirSync(path.dirname(file), { recursive: true })
  const report = {
    quern: quernVersion(),
    date: started.toISOString(),
    machine,
    runs,
    smoke: values.smoke,
    tables: results,
    figures,
  }
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`)
  return 0
}
