import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { type CsvBytes, NO_BYTE, SAME_STATE, stateAfter } from '../../../mapreduce/kernels/csv-scan.ts'
import type { Kernels } from '../../../mapreduce/kernels/kernels.ts'
import {
  foldOperation,
  PENDING_BYTES,
  SLACK_BYTES,
  stopped,
  TABLE_BYTES,
  table,
} from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { packMeta } from '../../../mapreduce/record/kind.ts'
import { compiledKernels } from './compiled.ts'

const ARENA_BYTES = 256 * 1024
const OUT = 128 * 1024
const untouched = Buffer.alloc(128, 0xee)

const one = new Arena(ARENA_BYTES)
const two = new Arena(ARENA_BYTES)
const plain = plainKernels(one)
const wasm = compiledKernels(two)

/** Bytes that make words and lines of every length, and some of anything. */
const texts = fc.oneof(
  fc.array(fc.constantFrom(32, 10, 9, 13, 97, 98, 195, 0), { maxLength: 200 }),
  fc.array(fc.nat(255), { maxLength: 200 }),
  fc.array(fc.constantFrom(8, 9, 13, 14, 31, 32, 33), { maxLength: 200 }),
  fc.array(fc.constantFrom(97, 98), { maxLength: 200 }),
  fc.array(fc.constantFrom(32, 97), { minLength: 50, maxLength: 400 }),
)

function fill(at: number, bytes: readonly number[], around: number): void {
  for (const arena of [one, two]) {
    arena.bytes.fill(around, at - 64, at + bytes.length + 64)
    arena.bytes.set(bytes, at)
    arena.bytes.fill(0xee, OUT)
  }
}

test('copy moves the same bytes in both kernels, overlapping or not', () => {
  fc.assert(
    fc.property(texts, fc.nat(500), fc.nat(200), (bytes, from, length) => {
      fill(1000, bytes, 7)
      for (const kernels of [plain, wasm]) kernels.copy(800 + from, 1000, length)
      expect(two.bytes.subarray(700, 1600)).toEqual(one.bytes.subarray(700, 1600))
    }),
  )
})

describe('tokenise finds the same words in both kernels', () => {
  test('at any alignment, with any limit of words, whatever stands around', () => {
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 128, max: 200 }),
        fc.oneof(fc.nat(20), fc.constant(8192)),
        fc.constantFrom(32, 97, 10),
        (bytes, at, most, around) => {
          fill(at, bytes, around)
          const found = plain.tokenise(at, at + bytes.length, OUT, most)
          expect(wasm.tokenise(at, at + bytes.length, OUT, most)).toBe(found)
          expect(two.bytes.subarray(OUT, OUT + found * 8)).toEqual(one.bytes.subarray(OUT, OUT + found * 8))
          const words = Buffer.from(bytes)
            .toString('latin1')
            .split(/[ \t\n\v\f\r]+/)
            .filter((word) => word !== '')
          const spans = one.u32.subarray(OUT >>> 2, (OUT >>> 2) + found * 2)
          const seen = Array.from({ length: found }, (_, i) =>
            one.bytes.toString('latin1', spans[i * 2], spans[i * 2 + 1]),
          )
          expect(seen).toEqual(words.slice(0, most))
        },
      ),
      { numRuns: 600 },
    )
  })

  test('writes nothing behind the room for the words asked for', () => {
    fc.assert(
      fc.property(texts, fc.nat(12), (bytes, most) => {
        fill(128, bytes, 97)
        for (const [arena, kernels] of [
          [one, plain],
          [two, wasm],
        ] as const) {
          kernels.tokenise(128, 128 + bytes.length, OUT, most)
          expect(arena.bytes.subarray(OUT + most * 8, OUT + most * 8 + 128).equals(untouched)).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })
})

test('places finds the same bytes in both kernels, whatever byte it is', () => {
  fc.assert(
    fc.property(
      texts,
      fc.constantFrom(0, 32, 97, 195, 255),
      fc.oneof(fc.nat(40), fc.constant(4096)),
      (bytes, byte, most) => {
        fill(130, bytes, byte)
        const found = bytes.flatMap((other, i) => (other === byte ? [130 + i] : [])).slice(0, most)
        for (const [arena, kernels] of [
          [one, plain],
          [two, wasm],
        ] as const) {
          expect(kernels.places(130, 130 + bytes.length, OUT, most, byte)).toBe(found.length)
          expect([...arena.u32.subarray(OUT >>> 2, (OUT >>> 2) + found.length)]).toEqual(found)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('lines finds the same line feeds in both kernels, none at or behind the limit', () => {
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 128, max: 200 }),
      fc.oneof(fc.nat(40), fc.constant(4096)),
      (bytes, at, most) => {
        fill(at, bytes, 10)
        const feeds = bytes.flatMap((byte, i) => (byte === 10 ? [at + i] : [])).slice(0, most)
        for (const [arena, kernels] of [
          [one, plain],
          [two, wasm],
        ] as const) {
          expect(kernels.lines(at, at + bytes.length, OUT, most)).toBe(feeds.length)
          expect([...arena.u32.subarray(OUT >>> 2, (OUT >>> 2) + feeds.length)]).toEqual(feeds)
          expect(arena.bytes.subarray(OUT + most * 4, OUT + most * 4 + 128).equals(untouched)).toBe(true)
        }
      },
    ),
    { numRuns: 600 },
  )
})

/** Everything that means something in a CSV dialect, often, and some plain bytes. */
const csvTexts = fc.oneof(
  fc.array(fc.constantFrom(34, 34, 44, 44, 10, 13, 97, 35, 92, 32), { maxLength: 300 }),
  fc.array(fc.constantFrom(34, 97, 98), { maxLength: 100 }),
  fc.array(fc.constantFrom(44, 10, 97, 98, 99, 100, 101), { maxLength: 300 }),
  fc
    .array(fc.constantFrom('"a,b"', 'plain', ',', ',', '\n', '\r\n', '"x ""y"" z"', '"two\nlines"', '#c"\n'), {
      maxLength: 80,
    })
    .map((parts) => [...Buffer.from(parts.join(''))]),
)
const csvDialects: readonly CsvBytes[] = [
  { delimiter: 44, quote: 34, escape: 34, comment: NO_BYTE, trim: false },
  { delimiter: 44, quote: 34, escape: 34, comment: 35, trim: true },
  { delimiter: 44, quote: 34, escape: 92, comment: NO_BYTE, trim: false },
  { delimiter: 44, quote: NO_BYTE, escape: NO_BYTE, comment: NO_BYTE, trim: false },
]

test('csv finds the same records and fields in both kernels, whatever room it has', () => {
  const ENDS = OUT
  const ROWS = OUT + 96 * 1024
  fc.assert(
    fc.property(
      csvTexts,
      fc.integer({ min: 128, max: 200 }),
      fc.oneof(fc.nat(30), fc.constant(16384)),
      fc.oneof(fc.nat(12), fc.constant(2047)),
      fc.constantFrom(...csvDialects),
      fc.constantFrom(34, 10, 44, 97),
      (bytes, at, endsMax, rowsMax, dialect, around) => {
        fill(at, bytes, around)
        const limit = at + bytes.length
        const found = plain.csv(at, limit, ENDS, endsMax, ROWS, rowsMax, dialect)
        expect(wasm.csv(at, limit, ENDS, endsMax, ROWS, rowsMax, dialect)).toBe(found)
        const rows = one.u32.subarray(ROWS >>> 2, (ROWS >>> 2) + 2 + found * 2)
        expect([...two.u32.subarray(ROWS >>> 2, (ROWS >>> 2) + 2 + found * 2)]).toEqual([...rows])
        const used = found === 0 ? 0 : (rows.at(-1) ?? 0)
        expect(two.bytes.subarray(ENDS, ENDS + used * 4)).toEqual(one.bytes.subarray(ENDS, ENDS + used * 4))
        expect(two.bytes.subarray(ENDS + endsMax * 4, ENDS + endsMax * 4 + 128).equals(untouched)).toBe(true)
        expect(two.bytes.subarray(ROWS + 8 + rowsMax * 8, ROWS + 8 + rowsMax * 8 + 128).equals(untouched)).toBe(true)
      },
    ),
    { numRuns: 1500 },
  )
})

test('quotes gives the same states in both kernels, and for stretches what it gives for the whole', () => {
  fc.assert(
    fc.property(csvTexts, fc.integer({ min: 128, max: 200 }), fc.nat(300), (bytes, at, cut) => {
      fill(at, bytes, 97)
      const limit = at + bytes.length
      const middle = at + Math.min(cut, bytes.length)
      const whole = plain.quotes(at, limit, 34, 44, SAME_STATE)
      expect(wasm.quotes(at, limit, 34, 44, SAME_STATE)).toBe(whole)
      for (const kernels of [plain, wasm]) {
        expect(kernels.quotes(middle, limit, 34, 44, kernels.quotes(at, middle, 34, 44, SAME_STATE))).toBe(whole)
        const [first, second] = [
          kernels.quotes(at, middle, 34, 44, SAME_STATE),
          kernels.quotes(middle, limit, 34, 44, SAME_STATE),
        ]
        for (const state of [0, 1, 2]) {
          const through = stateAfter(second, stateAfter(first, state))
          // Of no stretch at all both are the state itself.
          expect(through).toBe(stateAfter(whole, state))
        }
      }
    }),
    { numRuns: 1500 },
  )
})

describe('fold leaves the same table in both kernels', () => {
  const PENDING = 1024
  const VALUES = PENDING + 512 * PENDING_BYTES
  const STATE = VALUES + 512 * 8
  const SLOTS = STATE + TABLE_BYTES
  const CELLS = 96 * 1024
  const keysLengths = fc.oneof(
    { weight: 20, arbitrary: fc.nat(20) },
    { weight: 4, arbitrary: fc.integer({ min: 20, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1000, max: 5000 }) },
  )
  /** Few letters and a common beginning, so that keys of one length agree in long prefixes. */
  const keys = fc
    .tuple(keysLengths, fc.constantFrom(0, 97, 255), fc.nat(3), fc.constantFrom(6, 4, 7))
    .map(([length, letter, last, kind]) => {
      const bytes = Buffer.alloc(length, letter)
      if (length > 0) bytes[length - 1] = last
      return { bytes, kind }
    })
  const values = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: -5, max: 5 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        -0,
        0.5,
        -0.5,
        2 ** 53,
        2 ** 53 - 1,
        -(2 ** 53 - 1),
        2 ** 52,
        Number.NaN,
        Infinity,
        -Infinity,
        1e300,
        5e-324,
      ),
    },
  )
  const records = fc.array(fc.tuple(keys, values), { minLength: 1, maxLength: 120 })

  /** Lays the same records and the same empty table in both arenas; keys at uneven addresses. */
  function lay(
    rows: readonly (readonly [{ bytes: Buffer; kind: number }, number])[],
    slots: number,
    entriesMax: number,
    keysMax: number,
  ): void {
    for (const arena of [one, two]) {
      arena.bytes.fill(0xcc)
      let at = OUT
      rows.forEach(([key, value], i) => {
        at += 1 + (i % 7)
        if (at + key.bytes.length + SLACK_BYTES > arena.bytes.length) at = OUT
        arena.bytes.set(key.bytes, at)
        arena.u32[(PENDING >>> 2) + i * 2] = at
        arena.u32[(PENDING >>> 2) + i * 2 + 1] = packMeta(key.kind, key.bytes.length)
        arena.f64[(VALUES >>> 3) + i] = value
        at += key.bytes.length
      })
      const state = arena.u32.subarray(STATE >>> 2, (STATE + TABLE_BYTES) >>> 2)
      state.fill(0)
      const entries = SLOTS + 1024 * 8
      state[table.slots] = SLOTS
      state[table.slotMask] = slots - 1
      state[table.entries] = entries
      state[table.entriesMax] = entriesMax
      state[table.keys] = entries + 640 * 32
      state[table.keysMax] = keysMax
      state[table.cells] = CELLS
    }
    plain.rehash(STATE)
    wasm.rehash(STATE)
  }

  /** The kernel's scratch is its own. */
  function compareMemory(): void {
    for (const { u32 } of [one, two]) {
      u32.fill(0, (STATE >>> 2) + table.status + 1, (STATE + TABLE_BYTES) >>> 2)
      u32[(STATE >>> 2) + table.cells] = CELLS
    }
    expect(one.bytes.equals(two.bytes)).toBe(true)
  }

  test.each(['sum', 'min', 'max', 'stats'] as const)(
    '%s, with values that are not exact, full tables and full keys',
    (operation) => {
      fc.assert(
        fc.property(
          records,
          fc.constantFrom(2, 4, 32, 1024),
          fc.nat(80),
          fc.oneof(fc.nat(300), fc.constant(16384)),
          (rows, slots, entries, keysMax) => {
            // One slot stays free, or a probe would never end.
            lay(rows, slots, Math.min(slots - 1, entries), keysMax)
            for (let from = 0; from < rows.length; ) {
              const next = plain.fold(STATE, PENDING, VALUES, from, rows.length, foldOperation[operation])
              expect(wasm.fold(STATE, PENDING, VALUES, from, rows.length, foldOperation[operation])).toBe(next)
              compareMemory()
              const status = one.u32[(STATE >>> 2) + table.status]
              if (next === rows.length) expect(status).toBe(stopped.no)
              else expect(status).not.toBe(stopped.no)
              from = next + 1
            }
          },
        ),
        { numRuns: 250 },
      )
    },
  )

  test('rehash puts every entry in more slots', () => {
    fc.assert(
      fc.property(records, (rows) => {
        lay(rows, 128, 127, 16384)
        for (const kernels of [plain, wasm]) kernels.fold(STATE, PENDING, VALUES, 0, rows.length, foldOperation.sum)
        for (const arena of [one, two]) arena.u32[(STATE >>> 2) + table.slotMask] = 1023
        plain.rehash(STATE)
        wasm.rehash(STATE)
        compareMemory()
        const count = one.u32[(STATE >>> 2) + table.count] ?? 0
        // Everything is found again: nothing new is made.
        for (const kernels of [plain, wasm]) kernels.fold(STATE, PENDING, VALUES, 0, rows.length, foldOperation.min)
        compareMemory()
        expect(one.u32[(STATE >>> 2) + table.count]).toBe(count)
      }),
      { numRuns: 200 },
    )
  })

  test('a key that ends as near to the arena’s end as allowed', () => {
    const results = [plainKernels, compiledKernels].map((make) => {
      const arena = new Arena(65536)
      return foldAtTheEnd(arena, make(arena))
    })
    expect(results[1]).toEqual(results[0])
    expect(results[0]?.every(({ count, value }) => count === 1 && value === 2)).toBe(true)
  })
})

/** Folds one key twice, of each length up to 40, with nothing but the slack behind it. */
function foldAtTheEnd(arena: Arena, kernels: Kernels): { words: number; count: number; value: number; hash: number }[] {
  const end = arena.bytes.length - SLACK_BYTES
  const state = arena.u32.subarray(1024 >>> 2)
  return Array.from({ length: 41 }, (_, length) => {
    arena.bytes.fill(120, end - length, arena.bytes.length)
    state.fill(0, 0, TABLE_BYTES >>> 2)
    state[table.slots] = 4096
    state[table.slotMask] = 7
    state[table.entries] = 8192
    state[table.entriesMax] = 7
    state[table.keys] = 12288
    state[table.keysMax] = 1024
    arena.u32.set([end - length, packMeta(6, length), end - length, packMeta(6, length)], 256 >>> 2)
    arena.f64.fill(1, 512 >>> 3, 528 >>> 3)
    kernels.rehash(1024)
    kernels.fold(1024, 256, 512, 0, 2, foldOperation.sum)
    return {
      words: kernels.tokenise(end - length, end, 16384, 8),
      count: state[table.count] ?? 0,
      value: arena.f64[(8192 + 24) >>> 3] ?? 0,
      hash: arena.u32[8192 >>> 2] ?? 0,
    }
  })
}
