import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A process for each of two hundred files costs a minute: files share two, and leave nothing behind in them.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
