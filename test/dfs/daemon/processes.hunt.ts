/** Daemons as processes of their own, harmed in every way while they are worked with. */
import { afterAll, test } from 'vitest'
import { removeRoots } from '../harness.ts'
import { seeded } from '../kill-trials.ts'
import { harmProcesses, manyHarms } from './process-trials.ts'

afterAll(removeRoots)

const seed = Number(process.env['QUERN_SEED'] ?? Date.now() % 1_000_000)

test(`processes killed, frozen, emptied, put back (QUERN_SEED=${seed}): what was acknowledged reads back, all heals`, async () => {
  const random = seeded(seed)
  await harmProcesses(50, manyHarms(25, random), random)
})
