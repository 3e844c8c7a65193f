import { MrError } from '../base/errors.ts'
import { text } from '../input/format.ts'
import { HEAD_BYTES, RECORD_BYTES_MAX } from '../input/record-reader.ts'
import { directOutput } from '../output/direct-output.ts'
import type { OutputFormat } from '../output/format.ts'
import { Text } from '../record/text.ts'
import { isPromise } from '../shuffle/reduce-groups.ts'
import { type EngineInput, type EngineJob, inputOf } from '../task/engine-job.ts'
import { needleOf } from '../task/needle.ts'
import { isOwnError, userStep } from '../task/task-environment.ts'
import { mapError } from '../task/user-error.ts'
import { type FedLine, LineFeed } from './line-feed.ts'
import { withSpooledRecords } from './spooled-records.ts'
import type { StageContext, StageIo } from './stage-io.ts'
import { FormattedOutput, lineOutput, type StageOutput } from './stage-output.ts'

const CR = 13
const STDIN = 'stdin'

/** Turns a line into the record the job's input format makes of it; the same object every time. */
function recordOf(input: EngineInput): (line: FedLine) => unknown {
  const format = input.input ?? text()
  const crlf = 'crlf' in format && format.crlf === true
  const view = new Text(Buffer.alloc(0), 0, 0)
  const move = (line: FedLine): Text => {
    view.buffer = line.bytes
    view.start = line.start
    view.end = line.end
    if (crlf && view.length > 0 && line.bytes[line.end - 1] === CR) view.end--
    return view
  }
  if (format.input !== 'keyValue') return move
  const separator = format.separator ?? '\t'
  const width = Buffer.byteLength(separator)
  const record = { key: new Text(view.buffer, 0, 0), value: new Text(view.buffer, 0, 0) }
  return (line) => {
    const whole = move(line)
    const at = whole.indexOf(separator)
    record.key.buffer = record.value.buffer = whole.buffer
    record.key.start = whole.start
    record.key.end = at < 0 ? whole.end : whole.start + at
    record.value.start = at < 0 ? whole.end : whole.start + at + width
    record.value.end = whole.end
    return record
  }
}

/** The map of a job (of one of its inputs, by name) as a filter. A map-only job writes its output, any other the lines of record/stage-line.ts. */
export async function runMapStage(
  job: EngineJob,
  ctx: StageContext,
  io: StageIo,
  format: OutputFormat,
  inputName?: string,
): Promise<void> {
  const input = inputOf(job, inputName)
  const output: StageOutput = job.reduce === undefined ? new FormattedOutput(format) : lineOutput()
  const { emit } = directOutput(output)
  const flush = async () => {
    const bytes = output.take()
    if (bytes.length > 0) await io.write(bytes)
  }
  let records = 0
  let needle: Buffer | undefined
  const call = async (record: unknown, at: { offset: number; head: () => Buffer }): Promise<void> => {
    records++
    if (needle !== undefined && record instanceof Text && !record.includes(needle)) return
    try {
      const returned = input.map(record, emit, ctx)
      if (isPromise(returned)) await returned
    } catch (cause) {
      if (isOwnError(cause)) throw cause
      throw mapError(cause, STDIN, at.offset, records, at.head())
    }
    if (output.full) await flush()
  }

  await userStep('setup', () => job.setup?.(ctx))
  ctx.inputFile = STDIN
  ctx.inputName = inputName ?? ''
  if (input.input?.input === 'text') needle = needleOf(input.input, STDIN, ctx)
  if (input.input?.input === 'wholeFile') {
    const bytes = await readAll(io.input)
    await call(new Text(bytes, 0, bytes.length), { offset: 0, head: () => bytes.subarray(0, HEAD_BYTES) })
  } else if (isByLine(input)) {
    const feed = new LineFeed()
    const record = recordOf(input)
    for await (const chunk of io.input) {
      io.signal.throwIfAborted()
      feed.feed(chunk)
      while (feed.next()) await call(record(feed.line), placeOf(feed.line))
      // What is left of a chunk goes out before the next is waited for: the input may be somebody typing.
      await flush()
    }
    if (feed.last()) await call(record(feed.line), placeOf(feed.line))
  } else {
    await withSpooledRecords(io, input.input ?? text(), STDIN, async (reader) => {
      while (reader.next()) {
        io.signal.throwIfAborted()
        await call(reader.record, { offset: reader.offset, head: () => reader.head(HEAD_BYTES) })
      }
    })
  }
  ctx.inputFile = ''
  ctx.inputName = ''
  await userStep('cleanup', () => job.cleanup?.(emit, ctx))
  await flush()
}

/** Whether a line of standard input is a record, and can be handed on as soon as it is there. */
function isByLine({ input = text() }: EngineInput): boolean {
  return input.input === 'text' || input.input === 'keyValue' || input.input === 'lines'
}

function placeOf({ bytes, start, end, position }: FedLine): { offset: number; head: () => Buffer } {
  return { offset: position, head: () => Buffer.from(bytes.subarray(start, Math.min(end, start + HEAD_BYTES))) }
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    length += chunk.length
    if (length > RECORD_BYTES_MAX) {
      throw new MrError(
        'MR_RECORD_TOO_LARGE',
        `stdin has more than ${RECORD_BYTES_MAX} bytes (64 MiB), the most that wholeFile() takes as one record`,
      )
    }
  }
  return Buffer.concat(chunks)
}
