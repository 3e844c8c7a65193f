import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KillingGround, killingGround } from './killed-process.ts'
import { killRounds, randomMoments } from './killed-rounds.ts'
import { makePlace } from './run-job-fixture.ts'

const hour = 3_600_000

describe.each(['local', 'dfs'] as const)(
  'after kill -9 of a job with %s output, nothing half-done is seen or left',
  (kind) => {
    let ground: KillingGround
    beforeAll(async () => {
      ground = await killingGround(await makePlace(), kind)
    })
    afterAll(() => ground.place[Symbol.asyncDispose]())

    it('at 100 random moments', () => killRounds(ground, randomMoments(100, 'start', ground.wholeRunMs), false), hour)

    it(
      'at 100 random moments of the commit, some before and some after its one step',
      async () => {
        const committed = await killRounds(ground, randomMoments(100, 'commit', 12), false)
        expect(committed).toBeGreaterThan(5)
        expect(committed).toBeLessThan(100)
      },
      hour,
    )

    it(
      'at 100 random moments of a commit that overwrites',
      () => killRounds(ground, randomMoments(100, 'commit', 12), true),
      hour,
    )
  },
)
