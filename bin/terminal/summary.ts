import { counter } from '../../mapreduce/base/counters.ts'
import type { JobReport, StageReport, TaskTiming } from '../../mapreduce/master/run-job.ts'
import { humanBytes, humanRate } from './bytes.ts'
import { humanDuration } from './durations.ts'
import type { Style } from './style.ts'
import { displayWidth, printable } from './width.ts'

const LABEL_WIDTH = 9
const COLUMNS_MAX = 100
/** Below this the rate is that of starting up. */
const RATE_FROM_BYTES = 1024 * 1024

const number = (value: number): string => value.toLocaleString('en-US')
const many = (value: number, one: string, more = `${one}s`): string => `${number(value)} ${value === 1 ? one : more}`

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** The slowest task of a kind against the median of its kind, when there are enough to compare. */
function slowest(tasks: readonly TaskTiming[], kind: TaskTiming['kind']): string | undefined {
  const done = tasks.filter((task) => task.kind === kind && task.outcome === 'done')
  if (done.length < 2) return undefined
  const time = (task: TaskTiming) => task.endMs - task.startMs
  const last = done.reduce((a, b) => (time(b) > time(a) ? b : a))
  const median = medianOf(done.map(time).sort((a, b) => a - b))
  const ratio = median > 0 ? `, ${(time(last) / median).toFixed(1)} times the median of ${humanDuration(median)}` : ''
  return `${kind} ${last.task} took ${humanDuration(time(last))}${ratio}`
}

interface Row {
  readonly label: string
  /** Kept together where the width allows. */
  readonly phrases: readonly string[]
}

function localityPhrases(counters: JobReport['counters']): string[] {
  const local = counters[counter.dataLocal] ?? 0
  const rack = counters[counter.rackLocal] ?? 0
  const off = counters[counter.offRack] ?? 0
  if (local + rack + off === 0) return []
  return [
    `${number(local)} data-local`,
    ...(rack > 0 ? [`${number(rack)} rack-local`] : []),
    ...(off > 0 ? [`${number(off)} off-rack`] : []),
  ]
}

function stagePhrases(stage: StageReport): string[] {
  const { name, inputRecords, outputRecords, outputBytes, maps, reducers, totalMs, join } = stage
  return [
    `${printable(name)}: ${number(inputRecords)} records to ${number(outputRecords)} (${humanBytes(outputBytes)})`,
    `${many(maps, 'map')}${reducers > 0 ? ` and ${many(reducers, 'reduce')}` : ''}`,
    ...(join === undefined ? [] : [`${join.strategy} (${join.held} held)`]),
    humanDuration(totalMs),
  ]
}

function rowsOf(report: JobReport): Row[] {
  const { counters, times, output } = report
  const count = (name: string) => counters[name] ?? 0
  const rows: Row[] = []
  rows.push({
    label: 'in',
    phrases: [
      many(report.inputFiles, 'file'),
      humanBytes(report.inputBytes),
      many(count(counter.mapInputRecords), 'record'),
    ],
  })
  rows.push({
    label: 'out',
    phrases: [many(output.files, 'file'), humanBytes(output.bytes), many(output.records, 'record')],
  })
  for (const { name, files, bytes, records } of report.named) {
    rows.push({ label: 'output', phrases: [name, many(files, 'file'), humanBytes(bytes), many(records, 'record')] })
  }
  const skipped = count(counter.skippedRecords)
  if (skipped > 0) rows.push({ label: 'skipped', phrases: [`${many(skipped, 'bad record')}, kept in _skipped`] })
  rows.push({
    label: 'time',
    phrases: [
      `plan ${humanDuration(times.planMs)}`,
      `map ${humanDuration(times.mapMs)}`,
      ...(report.reducers > 0 ? [`reduce ${humanDuration(times.reduceMs)}`] : []),
      `commit ${humanDuration(times.commitMs)}`,
      ...(report.inputBytes >= RATE_FROM_BYTES ? [humanRate(report.inputBytes, times.totalMs)] : []),
    ],
  })
  rows.push({
    label: 'tasks',
    phrases: [
      `${many(report.maps, 'map')}${report.reducers > 0 ? ` and ${many(report.reducers, 'reduce')}` : ''} on ${many(report.workers, 'worker')}`,
      ...localityPhrases(counters),
    ],
  })
  for (const stage of report.stages ?? []) rows.push({ label: `stage ${stage.number}`, phrases: stagePhrases(stage) })
  const { join } = report
  if (join !== undefined) rows.push({ label: 'join', phrases: [`${join.strategy}`, `${join.held} held`, join.why] })
  const slow = [slowest(report.tasks, 'map'), slowest(report.tasks, 'reduce')].filter((text) => text !== undefined)
  // Tasks of several stages have the same numbers, and are not to be compared.
  if (slow.length > 0 && report.stages === undefined) rows.push({ label: 'slowest', phrases: slow })
  const [combined, left] = [count(counter.combineInputRecords), count(counter.combineOutputRecords)]
  if (combined > 0) {
    rows.push({
      label: 'combine',
      phrases: [`${number(combined)} records to ${number(left)}`, `${((left / combined) * 100).toFixed(1)} % left`],
    })
  }
  if (report.reducers > 0) {
    rows.push({
      label: 'shuffle',
      phrases: [
        humanBytes(count(counter.shuffleBytes)),
        // A reduction that passes records on never looks where a key ends.
        ...(count(counter.reduceInputGroups) > 0 || count(counter.reduceInputRecords) === 0
          ? [many(count(counter.reduceInputGroups), 'key')]
          : [many(count(counter.reduceInputRecords), 'record')]),
        // One sorted run a map is what there has to be; more means that memory was short.
        count(counter.spills) <= report.maps
          ? 'no spills'
          : `${many(count(counter.spills), 'spill')} of ${humanBytes(count(counter.spilledBytes))}`,
      ],
    })
  }
  const retried = [
    [count(counter.failedAttempts), 'failed'],
    [count(counter.timedOutAttempts), 'timed out'],
    [count(counter.lostAttempts), 'lost'],
  ] as const
  const attempts = retried.filter(([times]) => times > 0).map(([times, how]) => `${number(times)} ${how}`)
  if (attempts.length > 0) rows.push({ label: 'attempts', phrases: [...attempts, 'tried again'] })
  const second = count(counter.speculativeAttempts)
  if (second > 0) {
    const won = `${number(count(counter.speculativeWon))} of them first`
    rows.push({ label: 'slow', phrases: [`${many(second, 'second attempt')} of slow tasks`, won] })
  }
  for (const [name, value] of Object.entries(report.userCounters)) {
    rows.push({ label: 'counter', phrases: [`${printable(name)} ${number(value)}`] })
  }
  return rows
}

/** Words put into lines of at most `columns`; a word that is wider stands alone. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function joinPhrases(phrases: readonly string[], columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const phrase of phrases) {
    if (line !== '' && displayWidth(line) + 2 + displayWidth(phrase) > columns) {
      lines.push(`${line},`)
      line = phrase
    } else line = line === '' ? phrase : `${line}, ${phrase}`
  }
  return [...lines, line].flatMap((text) => wrap(text, columns))
}

/** What a person wants to know once a job is done, in lines that fit `columns`. */
export function summaryLines(report: JobReport, columns: number, style: Style): string[] {
  const width = Math.min(COLUMNS_MAX, columns) - LABEL_WIDTH - 3
  const head = wrap(
    `${printable(report.jobName)} is done in ${humanDuration(report.times.totalMs)}: ${printable(report.output.path)}`,
    Math.min(COLUMNS_MAX, columns) - 1,
  )
  const lines = head.map((line) => style.bold(line))
  const add = (label: string, texts: readonly string[], paint = (text: string) => text) => {
    for (const [row, text] of texts.entries()) {
      lines.push(`  ${style.dim((row === 0 ? label : '').padEnd(LABEL_WIDTH))}${paint(text)}`)
    }
  }
  for (const { label, phrases } of rowsOf(report)) add(label, joinPhrases(phrases, width))
  for (const note of report.notes) add('note', wrap(printable(note), width), style.yellow)
  return lines
}
