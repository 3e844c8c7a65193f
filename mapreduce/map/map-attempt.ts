import { rmSync } from 'node:fs'
import { counter } from '../base/counters.ts'
import { openSource } from '../input/byte-source.ts'
import { text } from '../input/format.ts'
import { LineReader } from '../input/line-reader.ts'
import { openReader } from '../input/open-reader.ts'
import { HEAD_BYTES, type RecordReader } from '../input/record-reader.ts'
import { RecordsReader } from '../input/records-reader.ts'
import type { MapTask, RunSlice, TaskDone } from '../master/task.ts'
import type { MapOutput } from '../output/map-output.ts'
import { isPromise } from '../shuffle/reduce-groups.ts'
import { isWords, words } from '../task/built-in-map.ts'
import { type EngineInput, inputOf } from '../task/engine-job.ts'
import { needleOf } from '../task/needle.ts'
import { isOwnError, type TaskEnvironment, userStep } from '../task/task-environment.ts'
import { mapError } from '../task/user-error.ts'
import { lend } from './lend.ts'
import { SkipMode } from './skip-mode.ts'

const LF = 10

/** What of a task decides what is read. */
type AttemptTask = Pick<MapTask, 'segments' | 'outputFile' | 'skip' | 'skippedFile'>

/** One attempt's reading and calling of `map`. */
export class MapAttempt {
  private readonly task: AttemptTask
  private readonly env: TaskEnvironment
  private readonly counters: Record<string, number> = {}
  private bytesTotal: number
  private bytesRead = 0
  private records = 0
  /** Set when bad records are set aside. */
  private readonly skipMode: SkipMode | undefined

  constructor(task: AttemptTask, env: TaskEnvironment) {
    this.task = task
    this.env = env
    this.bytesTotal = task.segments.reduce((sum, segment) => sum + segment.length, 0)
    const { skipBad } = env.plan
    if (skipBad !== undefined) this.skipMode = new SkipMode(task, env, skipBad)
  }

  count(name: string, by: number): void {
    this.counters[name] = (this.counters[name] ?? 0) + by
  }

  done(slices: readonly RunSlice[], outputBytes: number): TaskDone {
    return {
      ok: true,
      counters: this.counters,
      userCounters: this.env.ctx.counters,
      slices,
      outputBytes,
      ...this.skipMode?.skipped,
      bad: this.env.bad,
    }
  }

  /** Maps the task's segments; `inputs` gives each input's format and map, as the job has them unless told otherwise. */
  async mapAll(
    output: MapOutput,
    inputs: (name: string | undefined) => EngineInput = (name) => inputOf(this.env.job, name),
  ): Promise<void> {
    const { job, ctx } = this.env
    await userStep('setup', () => job.setup?.(ctx))
    for (const segment of this.task.segments) await this.mapSegment(segment, output, inputs)
    ctx.inputFile = ''
    ctx.inputName = ''
    await userStep('cleanup', () => job.cleanup?.(output.emit, ctx))
    output.flush()
    this.count(counter.mapInputRecords, this.records)
    this.count(counter.mapInputBytes, this.bytesTotal)
    this.count(counter.mapOutputRecords, output.records)
    for (const [name, by] of Object.entries(this.skipMode?.counters ?? {})) this.count(name, by)
  }

  private async mapSegment(
    segment: MapTask['segments'][number],
    output: MapOutput,
    inputs: (name: string | undefined) => EngineInput,
  ): Promise<void> {
    const { plan, space, progress, ctx, datanode } = this.env
    const file = plan.files[segment.file]
    if (file === undefined) throw new TypeError(`the plan has no file ${segment.file}`)
    ctx.inputFile = file.name
    ctx.inputName = file.input ?? ''
    const input = inputs(file.input)
    const inflated = `${this.task.outputFile}.inflated`
    const source = await openSource(file, datanode, inflated, () => {
      progress.beat()
    })
    try {
      // A gzip file is one segment whatever its inflated length.
      const length = file.gzip ? source.length : segment.length
      const format = input.input ?? text()
      const reader = openReader(format, space.chunk, source, segment.start, length, {
        name: file.name,
        quotes: this.env.quotes.of(segment.file),
        contains: needleOf(format, file.name, ctx),
        onPassed: (records) => {
          this.records += records
        },
        beforeRefill: () => {
          output.flush()
        },
        onRead: (bytes) => {
          this.bytesRead += bytes
          progress.read(bytes)
          progress.records(this.records, output.records, Math.min(1, this.bytesRead / Math.max(1, this.bytesTotal)))
        },
      })
      if (reader instanceof RecordsReader && !reader.decodes) this.passRecords(reader, output)
      else if (this.skipMode !== undefined) {
        await this.skipMode.mapRecords({
          input,
          reader,
          output,
          file: segment.file,
          name: file.name,
          onRecord: () => {
            this.records++
            progress.beat()
          },
          lend: plan.checked ? lend : notLent,
        })
      } else if (reader instanceof LineReader && isWords(input.map) && takesWords(output)) this.mapWords(reader, output)
      else
        await (plan.checked
          ? this.mapChecked(input, reader, output, file.name)
          : this.mapRecords(input, reader, output, file.name))
      output.flush()
    } finally {
      this.env.bad.push(...source.bad)
      source.close()
      if (file.gzip) rmSync(inflated, { force: true })
    }
  }

  /** Records of another stage, which need no function. */
  private passRecords(reader: RecordsReader, { pass }: MapOutput): void {
    if (pass === undefined) throw new TypeError('this output takes no encoded records')
    const { progress } = this.env
    while (reader.next()) {
      this.records++
      progress.beat()
      pass(reader.view)
    }
  }

  /** As `mapRecords` with the built-in `words`, without a call for each line. */
  private mapWords(reader: LineReader, output: WordOutput): void {
    const { progress, space } = this.env
    const { arena, kernels } = space
    for (;;) {
      const lines = reader.nextLines()
      if (lines === undefined) return
      progress.beat()
      if (lines === 'record') {
        this.records++
        words(reader.record, output.emit)
        continue
      }
      const { start, end } = lines
      this.records += kernels.countFeeds(start, end)
      // Only the last line of a file may have no LF.
      if (arena.bytes[end - 1] !== LF) this.records++
      output.emitWords(start, end)
    }
  }

  private async mapRecords(input: EngineInput, reader: RecordReader, output: MapOutput, name: string): Promise<void> {
    const { progress, ctx } = this.env
    const { map } = input
    const { emit } = output
    try {
      while (reader.next()) {
        this.records++
        progress.beat()
        const returned = map.call(input, reader.record, emit, ctx)
        if (returned !== undefined && isPromise(returned)) await returned
      }
    } catch (cause) {
      throw this.blame(cause, reader, name)
    }
  }

  /** As `mapRecords`, but the record is a copy that is overwritten once the call is over. */
  private async mapChecked(input: EngineInput, reader: RecordReader, output: MapOutput, name: string): Promise<void> {
    const { progress, ctx } = this.env
    try {
      while (reader.next()) {
        this.records++
        progress.beat()
        const { record, scribble } = lend(reader.record)
        const returned = input.map(record, output.emit, ctx)
        if (returned !== undefined && isPromise(returned)) await returned
        scribble()
      }
    } catch (cause) {
      throw this.blame(cause, reader, name)
    }
  }

  /** Errors of the engine and of the disk pass; everything else was thrown by user code, at this record. */
  private blame(cause: unknown, reader: RecordReader, name: string): unknown {
    if (isOwnError(cause)) return cause
    return mapError(cause, name, reader.offset, this.records, reader.head(HEAD_BYTES))
  }
}

type WordOutput = MapOutput & { emitWords(from: number, to: number): void }

function takesWords(output: MapOutput): output is WordOutput {
  return output.emitWords !== undefined
}

const nothing = (): void => {}
const notLent = (record: unknown): ReturnType<typeof lend> => ({ record, scribble: nothing })
