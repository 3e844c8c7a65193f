import { seededWords } from './random.ts'
import { zipfVocabulary } from './zipf.ts'

/**
 * Lines `station;12.3` as the One Billion Row Challenge has them: a name, a semicolon, a temperature between -99.9 and 99.9
 * with one digit after the point. Each station has a mean of its own, values spread around it as the sum of three even
 * draws does.
 */
export interface MeasurementsOptions {
  readonly rows: number
  /** Different stations. Default 413, as in the challenge. */
  readonly stations?: number
  /** Default 1. */
  readonly seed?: number
}

const CHUNK_BYTES = 1 << 20
/** A name of up to 31 bytes, `;-99.9` and the line's end. */
const ROW_BYTES_MAX = 40
const [SEMICOLON, MINUS, POINT, ZERO, LF] = [0x3b, 0x2d, 0x2e, 0x30, 0x0a]
const TENTHS_MAX = 999

/** Chunks of whole lines, each valid until the next is asked for. The same options give the same bytes on every machine. */
export function* measurements(options: MeasurementsOptions): Generator<Uint8Array> {
  const { rows, stations = 413, seed = 1 } = options
  const random = seededWords(seed)
  const names = stationNames(stations, seed)
  const means = names.map(() => (random() % 500) - 150)
  const chunk = new Uint8Array(CHUNK_BYTES)
  let at = 0
  for (let row = 0; row < rows; row++) {
    if (at + ROW_BYTES_MAX > CHUNK_BYTES) {
      yield chunk.subarray(0, at)
      at = 0
    }
    const word = random()
    const station = word % stations
    const name = names[station] ?? Buffer.alloc(0)
    for (const byte of name) chunk[at++] = byte
    const spread = random()
    const off = (spread & 255) + ((spread >>> 8) & 255) + ((spread >>> 16) & 255) - 382
    at = writeTenths(chunk, at, Math.max(-TENTHS_MAX, Math.min(TENTHS_MAX, (means[station] ?? 0) + off)))
  }
  yield chunk.subarray(0, at)
}

/** Capitalised, of one or two words, the second of some with a letter beyond ASCII. */
function stationNames(count: number, seed: number): Buffer[] {
  const words = zipfVocabulary(count * 2, seed)
  return Array.from({ length: count }, (_, i) => {
    const [first = '', second = ''] = [words[count + i], words[i]]
    const name = i % 3 === 0 ? `${first} ${second}` : i % 5 === 0 ? `${first.slice(0, -1)}\u00fa` : first
    return Buffer.from(name.charAt(0).toUpperCase() + name.slice(1)).subarray(0, 31)
  })
}

function writeTenths(chunk: Uint8Array, start: number, tenths: number): number {
  let at = start
  chunk[at++] = SEMICOLON
  if (tenths < 0) chunk[at++] = MINUS
  const size = Math.abs(tenths)
  if (size >= 100) chunk[at++] = ZERO + Math.floor(size / 100)
  chunk[at++] = ZERO + (Math.floor(size / 10) % 10)
  chunk[at++] = POINT
  chunk[at++] = ZERO + (size % 10)
  chunk[at++] = LF
  return at
}
