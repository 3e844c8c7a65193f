import { QUOTED } from '../record/csv-row.ts'
import { hashKey } from '../record/hash.ts'
import { metaKind, metaLength, packMeta } from '../record/kind.ts'
import { tokenise } from '../record/token-window.ts'
import type { Arena } from './arena.ts'
import { CsvScan, scanQuotes } from './csv-scan.ts'
import type { Kernels } from './kernels.ts'
import {
  CELL_BYTES,
  cell,
  ENTRY_BYTES,
  entry,
  foldOperation,
  INLINE_BYTES_MAX,
  PENDING_BYTES,
  stopped,
  table,
} from './layout.ts'
import { lzPack, lzUnpack } from './lz.ts'
import { plainEntries } from './plain-entries.ts'
import { plainRecords } from './plain-records.ts'

const LF = 10

/** The kernels in plain TypeScript: the reference for their meaning, and what runs where WebAssembly SIMD does not. */
export function plainKernels(arena: Arena): Kernels {
  const { bytes, u32, f64 } = arena

  /** Where the payload of an entry's key lies. */
  function keyOf(at: number, length: number): number {
    return length <= INLINE_BYTES_MAX ? at + entry.head : (u32[(at + entry.key) >>> 2] ?? 0)
  }

  function sameKey(at: number, meta: number, start: number): boolean {
    if (u32[(at + entry.meta) >>> 2] !== meta) return false
    const length = metaLength(meta)
    const key = keyOf(at, length)
    for (let i = 0; i < length; i++) if (bytes[key + i] !== bytes[start + i]) return false
    return true
  }

  function places(position: number, limit: number, out: number, most: number, byte: number): number {
    // indexOf has no end: without a view it would look through the whole arena for a byte that is not there.
    const view = bytes.subarray(0, limit)
    let found = 0
    let at = position
    while (found < most) {
      at = view.indexOf(byte, at)
      if (at < 0) break
      u32[(out >>> 2) + found++] = at++
    }
    return found
  }

  /** `at`: the index of the cell's first double. */
  function addToCell(at: number, value: number): void {
    if (value < (f64[at + (cell.min >>> 3)] ?? 0)) f64[at + (cell.min >>> 3)] = value
    if (value > (f64[at + (cell.max >>> 3)] ?? 0)) f64[at + (cell.max >>> 3)] = value
    f64[at + (cell.count >>> 3)] = (f64[at + (cell.count >>> 3)] ?? 0) + 1
  }

  const kernels: Kernels = {
    name: 'plain',

    tokenise: (position, limit, out, most) => tokenise(bytes, position, limit, u32, out >>> 2, most),

    lines: (position, limit, out, most) => places(position, limit, out, most, LF),
    places,

    countFeeds(position, limit) {
      let found = 0
      for (let at = position; at < limit; at++) if (bytes[at] === 10) found++
      return found
    },

    matchingLines(position, limit, needle, length, _one, _two, crlf, out, most) {
      const wanted = bytes.subarray(needle, needle + length)
      let found = 0
      let passed = 0
      let at = position
      while (at < limit && found < most) {
        const line = bytes.subarray(at, limit)
        const feed = line.indexOf(10)
        const next = feed < 0 ? limit : at + feed + 1
        let end = feed < 0 ? limit : at + feed
        if (crlf !== 0 && end > at && bytes[end - 1] === 13) end--
        if (bytes.subarray(at, end).includes(wanted)) {
          const row = (out >>> 2) + 2 + found++ * 3
          u32[row] = at
          u32[row + 1] = end
          u32[row + 2] = passed
          passed = 0
        } else passed++
        at = next
      }
      u32[out >>> 2] = at
      u32[(out >>> 2) + 1] = passed
      return found
    },

    csv(position, limit, ends, endsMax, rows, rowsMax, dialect) {
      const scan = new CsvScan(dialect)
      let used = 0
      let found = 0
      let at = position
      for (;;) {
        scan.begin(at)
        const next = scan.feed(bytes, at, limit)
        if (next < 0 || found === rowsMax || used + scan.count > endsMax) break
        for (let i = 0; i < scan.count; i++) u32[(ends >>> 2) + used + i] = scan.ends[i] ?? 0
        used += scan.count
        const row = (rows >>> 2) + 2 + found++ * 2
        u32[row] = scan.recordStart + (scan.bad ? QUOTED : 0)
        u32[row + 1] = used
        at = next
      }
      u32[rows >>> 2] = scan.recordStart
      u32[(rows >>> 2) + 1] = found
      return found
    },

    quotes: (position, limit, quote, delimiter, before) => scanQuotes(bytes, position, limit, quote, delimiter, before),

    fold(state, pending, values, from, to, operation) {
      const at = state >>> 2
      const slots = (u32[at + table.slots] ?? 0) >>> 2
      const mask = u32[at + table.slotMask] ?? 0
      const entries = u32[at + table.entries] ?? 0
      const entriesMax = u32[at + table.entriesMax] ?? 0
      const keys = u32[at + table.keys] ?? 0
      const keysMax = u32[at + table.keysMax] ?? 0
      const cells = (u32[at + table.cells] ?? 0) >>> 3
      const isStats = operation === foldOperation.stats
      let count = u32[at + table.count] ?? 0
      let keysUsed = u32[at + table.keysUsed] ?? 0
      let status: number = stopped.no
      let i = from
      for (; i < to; i++) {
        const start = u32[(pending >>> 2) + i * 2] ?? 0
        const meta = u32[(pending >>> 2) + i * 2 + 1] ?? 0
        const given = f64[(values >>> 3) + i] ?? 0
        // Statistics know no -0.
        const value = isStats ? given + 0 : given
        if (Math.floor(value) !== value || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
          status = stopped.notExact
          break
        }
        const length = metaLength(meta)
        const hash = hashKey(bytes, metaKind(meta), start, start + length)
        let slot = hash & mask
        let found = -1
        for (;;) {
          const index = u32[slots + slot * 2 + 1] ?? 0
          if (index === 0) break
          if (u32[slots + slot * 2] === hash && sameKey(entries + (index - 1) * ENTRY_BYTES, meta, start)) {
            found = entries + (index - 1) * ENTRY_BYTES
            break
          }
          slot = (slot + 1) & mask
        }
        if (found >= 0) {
          const held = (found + entry.value) >>> 3
          const old = f64[held] ?? 0
          if (isStats || operation === foldOperation.sum) {
            const sum = old + value
            if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) {
              status = stopped.notExact
              break
            }
            f64[held] = sum
            if (isStats) addToCell(cells + ((found - entries) / ENTRY_BYTES) * (CELL_BYTES >>> 3), value)
          } else if (operation === foldOperation.min ? value < old : value > old) f64[held] = value
          continue
        }
        if (count === entriesMax) {
          status = stopped.tableFull
          break
        }
        const long = length > INLINE_BYTES_MAX
        if (long && keysUsed + length > keysMax) {
          status = stopped.keysFull
          break
        }
        const made = entries + count * ENTRY_BYTES
        u32[(made + entry.hash) >>> 2] = hash
        u32[(made + entry.meta) >>> 2] = meta
        bytes.fill(0, made + entry.head, made + entry.value)
        bytes.copy(bytes, made + entry.head, start, start + Math.min(INLINE_BYTES_MAX, length))
        if (long) {
          u32[(made + entry.key) >>> 2] = keys + keysUsed
          bytes.copy(bytes, keys + keysUsed, start, start + length)
          keysUsed += length
        }
        f64[(made + entry.value) >>> 3] = value
        if (isStats) {
          const at = cells + count * (CELL_BYTES >>> 3)
          f64[at + (cell.min >>> 3)] = value
          f64[at + (cell.max >>> 3)] = value
          f64[at + (cell.count >>> 3)] = 1
        }
        count++
        u32[slots + slot * 2] = hash
        u32[slots + slot * 2 + 1] = count
      }
      u32[at + table.count] = count
      u32[at + table.keysUsed] = keysUsed
      u32[at + table.status] = status
      return i
    },

    countWords(state, position, limit, keyBytesMax, kindOfKey, scratch) {
      const at = state >>> 2
      const one = scratch + PENDING_BYTES
      let stoppedBy: number = stopped.no
      let taken = 0
      let next = position
      while (tokenise(bytes, next, limit, u32, scratch >>> 2, 1) > 0) {
        const start = u32[scratch >>> 2] ?? 0
        const end = u32[(scratch >>> 2) + 1] ?? 0
        next = start
        if (end - start > keyBytesMax) {
          stoppedBy = stopped.keyLong
          break
        }
        u32[(scratch >>> 2) + 1] = packMeta(kindOfKey, end - start)
        f64[one >>> 3] = 1
        if (kernels.fold(state, scratch, one, 0, 1, foldOperation.sum) === 0) {
          stoppedBy = u32[at + table.status] ?? 0
          break
        }
        taken++
        next = end
      }
      u32[at + table.status] = stoppedBy
      u32[at + table.taken] = taken
      return stoppedBy === stopped.no ? limit : next
    },

    copy(to, from, length) {
      bytes.copyWithin(to, from, from + length)
    },

    ...plainRecords(arena),
    gatherEntries: plainEntries(arena),

    lzPack: (from, length, to, limit) => lzPack(bytes, from, length, to, limit),
    lzUnpack: (from, length, to, max) => lzUnpack(bytes, from, length, bytes, to, max),

    rehash(state) {
      const at = state >>> 2
      const slots = (u32[at + table.slots] ?? 0) >>> 2
      const mask = u32[at + table.slotMask] ?? 0
      const entries = u32[at + table.entries] ?? 0
      const count = u32[at + table.count] ?? 0
      u32.fill(0, slots, slots + (mask + 1) * 2)
      for (let i = 0; i < count; i++) {
        const hash = u32[(entries + i * ENTRY_BYTES + entry.hash) >>> 2] ?? 0
        let slot = hash & mask
        while (u32[slots + slot * 2 + 1] !== 0) slot = (slot + 1) & mask
        u32[slots + slot * 2] = hash
        u32[slots + slot * 2 + 1] = i + 1
      }
    },
  }
  return kernels
}
