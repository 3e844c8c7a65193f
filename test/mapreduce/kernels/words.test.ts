import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { stopped, TABLE_BYTES, table, WORD_SCRATCH_BYTES } from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { kind, metaLength } from '../../../mapreduce/record/kind.ts'
import { compiledKernels } from './compiled.ts'

const SCRATCH = 1024
const STATE = SCRATCH + WORD_SCRATCH_BYTES + 64
const SLOTS = STATE + TABLE_BYTES
const ENTRIES = SLOTS + 1024 * 8
const KEYS = ENTRIES + 640 * 32
const TEXT = 128 * 1024

const one = new Arena(256 * 1024)
const two = new Arena(256 * 1024)
const plain = plainKernels(one)
const wasm = compiledKernels(two)
const both = [
  [one, plain],
  [two, wasm],
] as const

/** Words of every length about the table's inline bytes and a kernel's blocks, some of them often. */
const words = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'of', 'the', 'longer-than-sixteen', 'exactly-sixteen!') },
  { weight: 3, arbitrary: fc.nat(400).map((n) => `w${n}`) },
  { weight: 2, arbitrary: fc.tuple(fc.nat(70), fc.nat(5)).map(([n, last]) => `${'x'.repeat(n)}${last}`) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 600 }).map((n) => 'y'.repeat(n)) },
)
const gaps = fc.constantFrom(' ', ' ', ' ', '\n', '  ', '\r\n', '\t\v\f', ' '.repeat(70))
const texts = fc.oneof(
  fc.array(fc.tuple(words, gaps), { maxLength: 150 }).map((parts) => Buffer.from(parts.flat().join(''))),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.array(fc.constantFrom(32, 97), { maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
)

function lay(text: Buffer, at: number, slots: number, entriesMax: number, keysMax: number): void {
  for (const [arena, kernels] of both) {
    arena.bytes.fill(0xcc, STATE, TEXT)
    arena.bytes.fill(97, at - 64, at + text.length + 64)
    arena.bytes.set(text, at)
    const state = arena.u32.subarray(STATE >>> 2, (STATE + TABLE_BYTES) >>> 2)
    state.fill(0)
    state[table.slots] = SLOTS
    state[table.slotMask] = slots - 1
    state[table.entries] = ENTRIES
    state[table.entriesMax] = entriesMax
    state[table.keys] = KEYS
    state[table.keysMax] = keysMax
    kernels.rehash(STATE)
  }
}

/** The kernel's scratch is its own. */
function expectSameTable(): void {
  for (const arena of [one, two]) arena.u32.fill(0, (STATE >>> 2) + table.taken + 1, (STATE + TABLE_BYTES) >>> 2)
  for (const arena of [one, two]) arena.u32[(STATE >>> 2) + table.status + 1] = 0
  expect(one.bytes.subarray(STATE, TEXT).equals(two.bytes.subarray(STATE, TEXT))).toBe(true)
}

function counts({ bytes, u32, f64 }: Arena): Map<string, number> {
  const found = new Map<string, number>()
  for (let i = 0; i < (u32[(STATE >>> 2) + table.count] ?? 0); i++) {
    const entry = ENTRIES + i * 32
    const length = metaLength(u32[(entry >>> 2) + 1] ?? 0)
    const key = length <= 16 ? entry + 8 : (u32[(entry >>> 2) + 5] ?? 0)
    found.set(bytes.toString('latin1', key, key + length), f64[(entry + 24) >>> 3] ?? 0)
  }
  return found
}

test('countWords leaves the same table in both kernels, and the counts of a split string', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: TEXT + 64, max: TEXT + 130 }), (text, at) => {
      lay(text, at, 1024, 640, 65536)
      const limit = at + text.length
      const expected = text.toString('latin1').split(/[ \t\n\v\f\r]+/)
      const wanted = expected.filter((word) => word !== '')
      for (const [arena, kernels] of both) {
        expect(kernels.countWords(STATE, at, limit, 1000, kind.Text, SCRATCH)).toBe(limit)
        expect(arena.u32[(STATE >>> 2) + table.taken]).toBe(wanted.length)
        expect(arena.u32[(STATE >>> 2) + table.status]).toBe(stopped.no)
        const reference = new Map<string, number>()
        for (const word of wanted) reference.set(word, (reference.get(word) ?? 0) + 1)
        expect(counts(arena)).toEqual(reference)
      }
      expectSameTable()
    }),
    { numRuns: 400 },
  )
})

test('countWords stops at the same word for the same reason, and goes on behind it', () => {
  const reasons = new Set<number>()
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: TEXT + 64, max: TEXT + 130 }),
      fc.constantFrom(2, 4, 32, 1024),
      fc.nat(60),
      fc.oneof(fc.nat(300), fc.constant(16384)),
      fc.constantFrom(3, 30, 1000),
      fc.nat(3),
      (text, at, slots, entries, keysMax, keyBytesMax, nearMax) => {
        // One slot stays free, or a probe would never end.
        lay(text, at, slots, Math.min(slots - 1, entries), keysMax)
        const limit = at + text.length
        if (nearMax === 0) {
          // A count as large as a double holds.
          for (const [arena, kernels] of both) {
            kernels.countWords(STATE, at, limit, keyBytesMax, kind.Text, SCRATCH)
            arena.f64[(ENTRIES + 24) >>> 3] = Number.MAX_SAFE_INTEGER
          }
        }
        for (let from = at; from < limit; ) {
          const next = plain.countWords(STATE, from, limit, keyBytesMax, kind.Text, SCRATCH)
          expect(wasm.countWords(STATE, from, limit, keyBytesMax, kind.Text, SCRATCH)).toBe(next)
          expectSameTable()
          const status = one.u32[(STATE >>> 2) + table.status] ?? 0
          if (next === limit) expect(status).toBe(stopped.no)
          else expect(status).not.toBe(stopped.no)
          reasons.add(status)
          plain.tokenise(next, limit, SCRATCH, 1)
          from = next === limit ? limit : (one.u32[(SCRATCH >>> 2) + 1] ?? 0)
        }
      },
    ),
    { numRuns: 400 },
  )
  expect([...reasons].sort()).toEqual(Object.values(stopped).sort())
})
