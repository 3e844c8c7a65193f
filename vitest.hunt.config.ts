import { defineConfig } from 'vitest/config'

/** The long searches (crash points, seeded faults, fuzzing): the same tests' bigger brothers, minutes instead of seconds. */
export default defineConfig({
  test: {
    include: ['test/**/*.hunt.ts'],
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
})
