import { afterAll, beforeAll, describe, it } from 'vitest'
import { type KillingGround, killingGround } from './killed-process.ts'
import { killRounds, randomMoments } from './killed-rounds.ts'
import { makePlace } from './run-job-fixture.ts'

/** A few of the rounds of killed-process.hunt.ts. Each starts two processes; on a busy machine that takes seconds. */
const patience = 120_000

describe.each(['local', 'dfs'] as const)(
  'after kill -9 of a job with %s output, nothing half-done is seen or left',
  (kind) => {
    let ground: KillingGround
    beforeAll(async () => {
      ground = await killingGround(await makePlace(), kind)
    })
    afterAll(() => ground.place[Symbol.asyncDispose]())

    it('at random moments', () => killRounds(ground, randomMoments(1, 'start', ground.wholeRunMs), false), patience)
    it('during the commit', () => killRounds(ground, randomMoments(1, 'commit', 12), false), patience)
    it('during a commit that overwrites', () => killRounds(ground, randomMoments(1, 'commit', 12), true), patience)
  },
)
