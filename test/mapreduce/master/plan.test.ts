import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExpandedInputs } from '../../../mapreduce/master/inputs.ts'
import type { DataPath } from '../../../mapreduce/master/job-options.ts'
import { checkLimits, masterLimits } from '../../../mapreduce/master/limits.ts'
import { type PlanInput, planWork, refuseOverlap } from '../../../mapreduce/master/plan.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB

const files = (...lengths: number[]): ExpandedInputs => ({
  files: lengths.map((length, at) => ({ kind: 'local', path: `/in/${at}`, name: `in/${at}`, length, gzip: false })),
  directories: [{ kind: 'local', path: '/in' }],
  paths: lengths.map((_, at) => ({ kind: 'local', path: `/in/${at}` })),
})

const plan = (more: Partial<PlanInput> = {}) =>
  planWork({
    inputs: files(10),
    mapOnly: false,
    reducers: undefined,
    workers: 2,
    memoryBytes: GiB,
    splitBytes: undefined,
    splittable: () => true,
    limits: masterLimits,
    ...more,
  })

describe('the plan of a job', () => {
  it('has an automatic number of reducers from the size of the input alone', () => {
    for (const [bytes, reducers] of [
      [0, 1],
      [1, 1],
      [128 * MiB, 1],
      [128 * MiB + 1, 2],
      [10 * GiB, 80],
      [1000 * GiB, 999],
    ] as const) {
      for (const workers of [1, 7]) expect(plan({ inputs: files(bytes), workers }).reducers).toBe(reducers)
    }
  })

  it('cuts a map-only job the same whatever the workers and the memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300 * MiB), { maxLength: 8 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 4, max: 4096 }),
        (lengths, workers, memory) => {
          const one = plan({ inputs: files(...lengths), mapOnly: true, workers: 1 })
          const other = plan({ inputs: files(...lengths), mapOnly: true, workers, memoryBytes: memory * MiB })
          expect(other.splits).toEqual(one.splits)
          expect(other.parts).toEqual(one.parts)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('gives every worker several tasks of a small input, and large ones of a large', () => {
    expect(plan({ inputs: files(32 * MiB) }).splits.length).toBe(2 * masterLimits.splitsPerWorker)
    expect(plan({ inputs: files(64 * GiB) }).splits.length).toBe(1024)
  })

  it('has one map even without a byte of input, and a part for each reducer or split', () => {
    expect(plan({ inputs: files(0, 0) })).toMatchObject({
      splits: [{ segments: [], bytes: 0 }],
      parts: ['part-r-00000'],
      slots: 1,
    })
    expect(plan({ inputs: files(130 * MiB), mapOnly: true })).toMatchObject({
      reducers: 0,
      parts: ['part-m-00000', 'part-m-00001', 'part-m-00002'],
    })
    expect(plan({ reducers: 3 }).parts.at(-1)).toBe('part-r-00002')
  })

  it('shares the memory among the workers it starts, and starts fewer rather than starve them', () => {
    expect(plan({ workers: 4, inputs: files(GiB) })).toMatchObject({
      slots: 4,
      memoryBytesPerSlot: 256 * MiB,
      notes: [],
    })
    expect(plan({ workers: 4, inputs: files(10) })).toMatchObject({ slots: 1, memoryBytesPerSlot: GiB })
    const small = plan({ workers: 4, inputs: files(GiB), memoryBytes: 9 * MiB })
    expect(small).toMatchObject({ slots: 2, memoryBytesPerSlot: 4.5 * MiB })
    expect(small.notes).toEqual([expect.stringContaining('2 of 4 workers')])
  })

  it.each([
    { more: { memoryBytes: 4 * MiB - 1 }, code: 'MR_MEMORY' },
    { more: { memoryBytes: Number.NaN }, code: 'MR_MEMORY' },
    { more: { workers: 1.5 }, code: 'MR_USAGE' },
    { more: { reducers: 100_000 }, code: 'MR_USAGE' },
    { more: { mapOnly: true, reducers: 1 }, code: 'MR_USAGE' },
  ])('refuses $more', ({ more, code }) => {
    expect(() => plan(more)).toThrow(expect.objectContaining({ code }))
  })
})

describe('output beside input', () => {
  const local = (path: string): DataPath => ({ kind: 'local', path })
  it('may not lie in an input directory, nor hold an input', () => {
    expect(() => refuseOverlap(files(1), local('/in/out'), 'in/out')).toThrow('lies in the input directory')
    expect(() => refuseOverlap(files(1), local('/in'), 'in')).toThrow('lies in the input directory')
    const loneFile = { ...files(1), directories: [] }
    expect(() => refuseOverlap(loneFile, local('/'), '/')).toThrow('lies in the output')
    expect(() => refuseOverlap(loneFile, local('/in'), 'in')).toThrow('lies in the output')
  })
  it('may share a beginning of its name, or a path in another file system', () => {
    expect(() => refuseOverlap(files(1), local('/in-out'), 'in-out')).not.toThrow()
    expect(() => refuseOverlap(files(1), { kind: 'dfs', path: '/in/out' }, 'dfs:/in/out')).not.toThrow()
  })
})

describe('the limits', () => {
  it('are refused when they contradict each other', () => {
    expect(checkLimits(masterLimits)).toBe(masterLimits)
    for (const wrong of [
      { taskAttemptsMax: 0 },
      { rackDelayMs: 200 },
      { splitBytesMin: GiB },
      { taskTimeoutMs: 0 },
      { lossesInARowMax: 0 },
      { reducersMax: 1 },
    ]) {
      expect(() => checkLimits({ ...masterLimits, ...wrong })).toThrow(RangeError)
    }
  })
})
