import { setImmediate } from 'node:timers/promises'
import { constants, gunzipSync } from 'node:zlib'
import { MrError } from '../base/errors.ts'
import type { InputFile } from '../master/task.ts'
import { type ByteSource, openStored, READ_ALIGN_BYTES } from './byte-source.ts'
import { HEADER_BYTES_MAX, parseCsvHeader } from './csv-header.ts'
import { type FileShape, shapeOf } from './file-shape.ts'
import { unevenLength } from './fixed-reader.ts'
import type { CsvInput, FileFormat, LinesInput } from './format.ts'

const LF = 10
const SCAN_BYTES = 1024 * 1024
/** More map tasks than this are no help, and their part files would not sort by name. */
const MAPS_MAX = 99_999

/**
 * Looks into the files of a job before it starts, as far as their formats ask for it: where they may be cut, and
 * whether they are what their format says. MR_BAD_INPUT names the file. `formatOf` gives the format of a file by its number;
 * files of one input with the same format object have the same columns.
 */
export async function inspectFiles(
  files: readonly InputFile[],
  formatOf: (file: number) => FileFormat,
  signal?: AbortSignal,
): Promise<FileShape[]> {
  const shapes: FileShape[] = []
  const headers = new Map<
    string,
    { readonly format: FileFormat; readonly name: string; readonly names: readonly string[] }[]
  >()
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted()
    const format = formatOf(i)
    let shape = shapeOf(format)
    if (format.input === 'fixed') checkLength(file, format.bytes)
    else if (format.input === 'lines') shape = { ...shape, cuts: await cutsOf(file, format, signal) }
    else if (format.input === 'csv' && file.length > 0) {
      const names = columnsOf(file, format)
      const ofInput = headers.get(file.input ?? '') ?? []
      headers.set(file.input ?? '', ofInput)
      const first = ofInput.find((header) => header.format === format)
      // A file without a record has no names either, and does no harm.
      if (names.length === 0) shape = { splittable: false }
      else {
        shape = { ...shape, columns: names }
        if (first === undefined) ofInput.push({ format, name: file.name, names })
        else checkColumns(first, { name: file.name, names })
      }
    }
    shapes.push(shape)
  }
  return shapes
}

/** A gzip file's length is known only to the task that inflates it. */
function checkLength(file: InputFile, bytes: number): void {
  if (!file.gzip && file.length % bytes !== 0) throw unevenLength(file.name, file.length, bytes)
}

function withSource<T>(file: InputFile, use: (source: ByteSource) => T): T {
  const source = openStored(file, '')
  try {
    return use(source)
  } finally {
    source.close()
  }
}

function columnsOf(file: InputFile, format: CsvInput): readonly string[] {
  return withSource(file, (source) => {
    for (let wanted = READ_ALIGN_BYTES; ; wanted = Math.min(HEADER_BYTES_MAX, wanted * 4)) {
      const stored = Buffer.allocUnsafeSlow(wanted)
      const read = source.read(stored, 0, 0, wanted)
      const bytes = file.gzip ? inflateHead(file.name, stored.subarray(0, read)) : stored.subarray(0, read)
      const whole = read === source.length || (file.gzip && wanted === HEADER_BYTES_MAX)
      const header = parseCsvHeader(file.name, bytes, whole, format)
      if (header !== undefined) return header.columns.names
    }
  })
}

/** What the first bytes of a gzip file inflate to, however far they go. */
function inflateHead(name: string, stored: Buffer): Buffer {
  try {
    return gunzipSync(stored, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new MrError('MR_BAD_INPUT', `input ${name} is named like gzip but can not be inflated: ${detail}`, { cause })
  }
}

function checkColumns(
  first: { readonly name: string; readonly names: readonly string[] },
  other: { readonly name: string; readonly names: readonly string[] },
): void {
  const { names } = other
  if (names.length === first.names.length && names.every((name, i) => name === first.names[i])) return
  throw new MrError(
    'MR_BAD_INPUT',
    `${other.name} has other columns than ${first.name}: ${names.join(', ')} instead of ${first.names.join(', ')}. Files of one input have the same header; csv({ headers: false }) reads by number`,
  )
}

/** Where every `lines` lines begin. */
async function cutsOf(file: InputFile, { lines }: LinesInput, signal?: AbortSignal): Promise<number[]> {
  // Positions in a gzip file are those of what it inflates to, which is one split.
  if (file.gzip) return []
  const source = openStored(file, '')
  const cuts: number[] = []
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, Math.max(1, file.length)))
    let seen = 0
    for (let position = 0; position < source.length; ) {
      const read = source.read(buffer, 0, position, buffer.length)
      if (read === 0) break
      const bytes = buffer.subarray(0, read)
      for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
        if (++seen % lines === 0 && position + at + 1 < source.length) cuts.push(position + at + 1)
      }
      if (cuts.length >= MAPS_MAX) {
        throw new MrError(
          'MR_USAGE',
          `lines(${lines}) would make more than ${MAPS_MAX} map tasks of ${file.name}; give each of them more lines`,
        )
      }
      position += read
      signal?.throwIfAborted()
      // Progress is shown and signals are heard between two reads.
      await setImmediate()
    }
  } finally {
    source.close()
  }
  return cuts
}
