import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Row, TableResult } from './runner.ts'

/** What a reader has to know of the machine to make anything of the numbers. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly node: string
  /** Of the last minute, before the first run: other work on the machine shows here. */
  readonly load: number
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    load: loadavg()[0] ?? 0,
  }
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryBytes, node, load } = machine
  return `${cores} x ${cpu}, ${Math.round(memoryBytes / 2 ** 30)} GiB, Node ${node.slice(1)}, load ${load.toFixed(1)}`
}

/** The table as a person reads it; numbers to the right, absent contenders last with the reason. */
export function formatTable(table: TableResult): string {
  const small = table.rows.every((row) => (row.medianSeconds ?? 0) < 1)
  const first = table.rows[0]?.name ?? ''
  const rated = table.rows.some((row) => row.megabytesPerSecond !== undefined)
  const head = ['', small ? 'ms' : 's', ...(rated ? ['MB/s'] : []), `times ${first}`, 'CPU s', 'peak MiB', 'how']
  const ran = table.rows.filter((row) => row.medianSeconds !== undefined)
  const lines = ran.map((row) => [
    row.name,
    small ? fixed((row.medianSeconds ?? 0) * 1000, 0) : fixed(row.medianSeconds, 2),
    ...(rated
      ? [fixed(row.megabytesPerSecond, row.megabytesPerSecond !== undefined && row.megabytesPerSecond < 10 ? 2 : 0)]
      : []),
    fixed(row.timesFirst, 2),
    fixed(row.cpuSeconds, 2),
    peak(row),
    row.how,
  ])
  const absent = table.rows.flatMap((row) =>
    row.absent === undefined ? [] : [`  ${row.name}: skipped, ${row.absent}`],
  )
  return [table.title, ...align([head, ...lines]), ...absent].join('\n')
}

function peak(row: Row): string {
  const used = fixed((row.peakBytes ?? 0) / 2 ** 20, 0)
  return row.memoryBytes === undefined ? used : `${used} of ${row.memoryBytes / 2 ** 20}`
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

export function align(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const isText = column === 0 || column === columns - 1
      return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    })
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
