import { afterAll, test } from 'vitest'
import { removeRoots } from '../harness.ts'
import { seeded } from '../kill-trials.ts'
import { harmProcesses } from './process-trials.ts'

afterAll(removeRoots)

const seed = Number(process.env['QUERN_SEED'] ?? Date.now() % 1_000_000)

test(`a datanode and the namenode are killed while files are put and read (QUERN_SEED=${seed}): all that was acknowledged reads back, all heals`, {
  timeout: 90_000,
}, async () => {
  await harmProcesses(10, ['kill', 'namenode'], seeded(seed))
})
