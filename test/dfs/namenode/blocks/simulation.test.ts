import { test } from 'vitest'
import { faults, live } from './simulation.ts'

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

test.each(faults.map((fault) => [fault] as const))('%s: nothing is lost, and afterwards all heals', (fault) => {
  for (const seed of seeds(1, 10)) live({ seed, steps: 150, faults: [fault] })
})

test('all faults together', () => {
  for (const seed of seeds(1, 50)) live({ seed, steps: 200, faults })
})
