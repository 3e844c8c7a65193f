import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedCluster } from './simulated-cluster.ts'
import { faults, live } from './simulation.ts'

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

describe('nothing is lost, nothing is deleted that is needed, and in peace all heals and is quiet', () => {
  test.each(faults.map((fault) => [fault] as const))('with the fault: %s', (fault) => {
    for (const seed of seeds(1, 8)) live({ seed, steps: 150, faults: [fault] })
  })

  test('with any faults together', () => {
    const histories = fc.record({
      seed: fc.nat(),
      steps: fc.integer({ min: 20, max: 300 }),
      faults: fc.subarray([...faults]),
    })
    fc.assert(
      fc.property(histories, (history) => {
        live(history)
      }),
      // The same lives each time; the hunt lives others.
      { numRuns: 100, seed: 4 },
    )
  })
})

test('the same seed lives the same life', () => {
  const trace = (): readonly string[] => live({ seed: 7, steps: 200, faults }).trace
  const first = trace()
  expect(first.length).toBeGreaterThan(20)
  expect(trace()).toEqual(first)
})

test('the oracle cries out when the last good replica is to be deleted', () => {
  const cluster = new SimulatedCluster(1, ['a', 'b'])
  for (let i = 0; i < 20; i++) cluster.step(50)
  cluster.create(1, 1)
  for (let i = 0; i < 40; i++) cluster.step(50)
  const [file] = cluster.files
  const block = file?.node.blocks[0]
  const holder = cluster.datanodes.find(({ disk }) => disk.size > 0)
  if (block === undefined || holder === undefined) throw new Error('nothing was written')
  const deletions = [{ block: block.id, generation: block.generation }]
  const commands = { register: false, report: false, copies: [], deletions, deletionsValidMillis: 1_000, verify: [] }
  expect(() => cluster.oracle.commanded(holder, commands, cluster.now)).toThrow('replicas that are certain')
})
