import { counter } from '../base/counters.ts'
import { MrError } from '../base/errors.ts'
import { BadRecord } from '../input/bad-record.ts'
import { RECORD_BYTES_MAX, type RecordReader } from '../input/record-reader.ts'
import type { MapTask } from '../master/task.ts'
import type { MapOutput } from '../output/map-output.ts'
import { SkippedLog, type SkippedRecord } from '../output/skipped-records.ts'
import { StagedEmits } from '../output/staged-emits.ts'
import { isPromise } from '../shuffle/reduce-groups.ts'
import type { EngineInput } from '../task/engine-job.ts'
import { isOwnError, type TaskEnvironment } from '../task/task-environment.ts'
import { thrownText } from '../task/user-error.ts'

/** The segment whose records are mapped. */
export interface SkipSegment {
  readonly input: EngineInput
  readonly reader: RecordReader
  readonly output: MapOutput
  /** Index into the plan's files, and the name the user knows it by. */
  readonly file: number
  readonly name: string
  readonly onRecord: () => void
  /** The record as `map` is to see it, and what is to be done when the call is over (see --check). */
  readonly lend: (record: unknown) => { record: unknown; scribble: () => void }
}

/**
 * Mapping with bad records set aside. What a record emits, counts and writes is held until `map` is through with it, and
 * dropped when it throws, so a bad record costs one call and not a new attempt. The record at hand stands in the
 * progress row meanwhile: should the thread hang or die, the master knows at which one.
 */
export class SkipMode {
  private readonly env: Pick<TaskEnvironment, 'ctx' | 'progress'>
  private readonly atMost: number
  private readonly given: ReadonlyMap<string, string>
  private readonly log: SkippedLog
  private readonly staged = new StagedEmits()

  constructor(
    task: Pick<MapTask, 'skip' | 'skippedFile'>,
    env: Pick<TaskEnvironment, 'ctx' | 'progress'>,
    atMost: number,
  ) {
    this.env = env
    this.atMost = atMost
    this.given = new Map((task.skip ?? []).map(({ file, offset, error }) => [placeOf(file, offset), error]))
    this.log = new SkippedLog(task.skippedFile)
  }

  /** What the attempt set aside, for its result. */
  get skipped(): { skipped?: { file: string; records: number } } {
    const { path, records } = this.log
    return records === 0 ? {} : { skipped: { file: path, records } }
  }

  get counters(): Readonly<Record<string, number>> {
    return { [counter.skippedRecords]: this.log.records }
  }

  async mapRecords(segment: SkipSegment): Promise<void> {
    const { reader, file, name, output } = segment
    const { progress, ctx } = this.env
    try {
      for (;;) {
        try {
          if (!reader.next()) return
        } catch (error) {
          if (!(error instanceof BadRecord)) throw error
          segment.onRecord()
          const bytes = reader.offset === error.offset ? reader.head(RECORD_BYTES_MAX) : error.head
          this.setAside({ file: name, offset: error.offset, bytes, error: error.message })
          continue
        }
        segment.onRecord()
        const known = this.given.size === 0 ? undefined : this.given.get(placeOf(file, reader.offset))
        const error = known ?? (await this.mapOne(segment))
        if (error !== undefined) {
          this.setAside({ file: name, offset: reader.offset, bytes: reader.head(RECORD_BYTES_MAX), error })
          continue
        }
        this.staged.release(output.emit)
        ctx.release()
      }
    } finally {
      progress.atRecord(-1, 0)
    }
  }

  /** What went wrong, if anything; then nothing of the record is left. */
  private async mapOne({ input, reader, file, lend }: SkipSegment): Promise<string | undefined> {
    const { ctx, progress } = this.env
    progress.atRecord(file, reader.offset)
    ctx.hold()
    const { record, scribble } = lend(reader.record)
    try {
      const returned = input.map(record, this.staged.emit, ctx)
      if (returned !== undefined && isPromise(returned)) await returned
      return undefined
    } catch (cause) {
      if (isOwnError(cause)) throw cause
      ctx.drop()
      this.staged.drop()
      return thrownText(cause)
    } finally {
      scribble()
      // What comes now is the engine's work, and no fault of this record's.
      progress.atRecord(-1, 0)
    }
  }

  private setAside(record: SkippedRecord): void {
    if (this.log.records >= this.atMost) throw tooManySkipped(this.atMost, record)
    this.log.add(record)
  }
}

function placeOf(file: number, offset: number): string {
  return `${file}:${offset}`
}

function tooManySkipped(atMost: number, { file, offset, error }: SkippedRecord): MrError {
  return new MrError(
    'MR_SKIPPED_TOO_MANY',
    `more than ${atMost} bad records, which is all that --skip-bad allows; the last one, at ${file}, byte ${offset}: ${error}`,
  )
}
