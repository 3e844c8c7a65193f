import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    // Of two cores: many tests wait for a timeout, a lock or a process of their own.
    maxWorkers: 3,
    // A process for each of two hundred files costs a minute: files share three, and leave nothing behind in them.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
