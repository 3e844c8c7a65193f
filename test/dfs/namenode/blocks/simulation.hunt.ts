import { test } from 'vitest'
import { faults, live } from './simulation.ts'

const histories = Number(process.env['QUERN_HUNT_HISTORIES'] ?? 20_000)
const first = Number(process.env['QUERN_HUNT_SEED'] ?? 1)

test('nothing is lost in any of many histories, and each heals', () => {
  for (let seed = first; seed < first + histories; seed++) {
    const some = faults.filter((_, index) => seed % 3 === 0 || ((seed * 2_654_435_761) >>> (index + 3)) % 2 === 1)
    try {
      live({ seed, steps: 100 + (seed % 400), faults: some })
    } catch (error) {
      throw new Error(`seed ${seed}; QUERN_HUNT_SEED=${seed} QUERN_HUNT_HISTORIES=1 lives it again`, { cause: error })
    }
  }
})
