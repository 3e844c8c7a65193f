import type { Writable } from 'node:stream'
import type { JobProgress } from '../../mapreduce/master/run-job.ts'
import { humanBytes, humanRate } from './bytes.ts'
import { humanDuration } from './durations.ts'
import { isTerminal, type Style } from './style.ts'
import { displayWidth, printable } from './width.ts'

const BAR_MIN = 8
const BAR_MAX = 40
const STATUS_MIN = 10
/** Before this an estimate is a guess about the start-up. */
const ESTIMATE_AFTER_MS = 1000

/** 0..1 of the phase that is running, or undefined where nothing is counted. */
function fraction(progress: JobProgress): number | undefined {
  if (progress.phase === 'map' || progress.phase === 'fetch')
    return progress.bytesTotal > 0 ? Math.min(1, progress.bytesIn / progress.bytesTotal) : undefined
  if (progress.phase === 'reduce')
    return progress.reducesTotal > 0 ? progress.reducesDone / progress.reducesTotal : undefined
  return undefined
}

/** When each phase began, so that rates and estimates are of the phase that runs. */
export interface PhaseStart {
  readonly phase: JobProgress['phase']
  readonly elapsedMs: number
}

function timeLeft(progress: JobProgress, started: PhaseStart): string | undefined {
  const done = fraction(progress)
  const spent = progress.elapsedMs - started.elapsedMs
  if (done === undefined || done <= 0 || done >= 1 || spent < ESTIMATE_AFTER_MS) return undefined
  return `${humanDuration((spent * (1 - done)) / done)} left`
}

function bar(done: number, width: number): string {
  const filled = Math.round(done * width)
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}

/** A part of the line; the lower its rank, the longer it stays when room gets scarce. */
interface Part {
  readonly rank: number
  readonly text: string
  /** May be cut to what room there is. */
  readonly elastic?: boolean
}

/** At most so wide, with an ellipsis where something is left out; empty when what is left would say nothing. */
function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width < STATUS_MIN) return ''
  let shown = ''
  for (const character of text) {
    if (displayWidth(shown + character) >= width) break
    shown += character
  }
  return `${shown}…`
}

/** One line about a running job that is never wider than `columns`. Parts are left out from the least telling one on. */
export function progressLine(
  jobName: string,
  progress: JobProgress,
  started: PhaseStart,
  columns: number,
  style: Style,
): string {
  const { phase, mapsDone, mapsTotal, reducesDone, reducesTotal, failedAttempts } = progress
  const done = fraction(progress)
  const left = timeLeft(progress, started)
  const bytesCount = phase === 'map' || phase === 'fetch'
  const parts: (Part | undefined)[] = [
    { rank: 6, text: printable(jobName) },
    progress.stage === undefined ? undefined : { rank: 0, text: `stage ${progress.stage.number}/${progress.stage.of}` },
    phase === 'plan' || phase === 'fetch'
      ? { rank: 0, text: phase === 'plan' ? 'planning' : 'fetching input' }
      : { rank: phase === 'reduce' ? 4 : 0, text: `map ${mapsDone}/${mapsTotal}` },
    reducesTotal > 0 && phase !== 'plan'
      ? { rank: phase === 'map' ? 5 : 0, text: `reduce ${reducesDone}/${reducesTotal}` }
      : undefined,
    phase === 'commit' ? { rank: 0, text: 'committing' } : undefined,
    done === undefined ? undefined : { rank: 1, text: `${Math.floor(done * 100)} %` },
    bytesCount ? { rank: 7, text: `${humanBytes(progress.bytesIn)} of ${humanBytes(progress.bytesTotal)}` } : undefined,
    bytesCount && progress.bytesIn > 0 && progress.elapsedMs > started.elapsedMs
      ? { rank: 3, text: humanRate(progress.bytesIn, progress.elapsedMs - started.elapsedMs) }
      : undefined,
    left === undefined ? undefined : { rank: 2, text: left },
    failedAttempts > 0 ? { rank: 2, text: failedAttempts === 1 ? '1 retry' : `${failedAttempts} retries` } : undefined,
    progress.status === undefined ? undefined : { rank: 8, text: printable(progress.status), elastic: true },
  ]
  const chosen: Part[] = []
  // A terminal breaks the line when its last column is written, so that one stays empty.
  let room = columns - 1
  const present = parts.filter((part) => part !== undefined)
  for (const part of [...present].sort((a, b) => a.rank - b.rank)) {
    const gap = chosen.length > 0 ? 2 : 0
    const fitting = part.elastic === true ? { ...part, text: cut(part.text, room - gap) } : part
    const width = displayWidth(fitting.text) + gap
    if (width <= room && fitting.text !== '') {
      chosen.push(fitting)
      room -= width
      if (fitting !== part) present.splice(present.indexOf(part), 1, fitting)
    }
  }
  const texts = present.filter((part) => chosen.includes(part)).map(({ text }) => text)
  if (done !== undefined && texts.length > 0 && room >= BAR_MIN + 2) {
    texts.splice(1, 0, style.cyan(bar(done, Math.min(BAR_MAX, room - 2))))
  }
  return texts.join('  ')
}

const ESCAPE = '\u001b['

/** Draws a line over itself on a terminal; on anything else it draws nothing. */
export class ProgressLine {
  readonly #stream: Writable
  readonly #style: Style
  readonly #jobName: string
  readonly #enabled: boolean
  #drawnWidth = 0
  #started: PhaseStart = { phase: 'plan', elapsedMs: 0 }

  constructor(options: { stream: Writable; style: Style; jobName: string; quiet: boolean; term: string | undefined }) {
    this.#stream = options.stream
    this.#style = options.style
    this.#jobName = options.jobName
    this.#enabled = !options.quiet && isTerminal(options.stream) && options.term !== 'dumb'
  }

  update(progress: JobProgress): void {
    if (!this.#enabled) return
    if (progress.phase !== this.#started.phase) this.#started = { phase: progress.phase, elapsedMs: progress.elapsedMs }
    const columns = this.#columns()
    const line = progressLine(this.#jobName, progress, this.#started, columns, this.#style)
    this.#stream.write(this.#erase(columns) + line)
    this.#drawnWidth = displayWidth(line)
  }

  /** Takes the line away; what is written next starts where it stood. */
  clear(): void {
    if (this.#drawnWidth === 0) return
    this.#stream.write(this.#erase(this.#columns()))
    this.#drawnWidth = 0
  }

  #columns(): number {
    return 'columns' in this.#stream && typeof this.#stream.columns === 'number' && this.#stream.columns > 0
      ? this.#stream.columns
      : 80
  }

  /** Once the window was made narrower the old line takes several rows; all of them have to go. */
  #erase(columns: number): string {
    const rowsAbove = Math.max(0, Math.ceil(this.#drawnWidth / columns) - 1)
    return `${rowsAbove > 0 ? `${ESCAPE}${rowsAbove}A` : ''}\r${ESCAPE}J`
  }
}
