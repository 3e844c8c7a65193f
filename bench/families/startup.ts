import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Family } from '../family.ts'
import { zipfFile } from '../inputs.ts'
import { quern } from '../quern.ts'

const RUNS = 15

/** What a person waits for before anything happens. */
export const startup: Family = {
  name: 'startup',
  about: 'the time to say the version and to run a 1 KB job, beside an empty Node process',
  async tables(options) {
    const input = zipfFile(1000, options)
    const output = (attempt: number) => path.join(options.scratch, `small-${attempt}`)
    mkdirSync(options.scratch, { recursive: true })
    return [
      {
        title: 'start-up',
        runs: RUNS,
        contenders: [
          { name: 'node', how: "node -e ''", run: () => ({ command: process.execPath, args: ['-e', ''] }) },
          { name: 'quern --version', how: 'compiled build', run: () => quern('--version') },
          {
            name: '1 KB job',
            how: 'quern run wordcount --workers 2',
            run: (attempt) =>
              quern('run', 'wordcount', '-i', input.path, '-o', output(attempt), '--workers', '2', '--quiet'),
            discard: (attempt) => rmSync(output(attempt), { recursive: true, force: true }),
          },
        ],
      },
    ]
  },
}
