import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type MasterLimits, masterLimits } from '../../../mapreduce/master/limits.ts'
import { type JobReport, type MasterSeams, type RunJobOptions, runJob } from '../../../mapreduce/master/run-job.ts'

const fixtures = new URL('./fixtures/', import.meta.url)

/** A directory of its own for one test, with input and places for output and temporary files. */
export interface Place extends AsyncDisposable {
  readonly directory: string
  readonly scratchBase: string
  at(...names: string[]): string
  write(name: string, text: string): Promise<string>
  /** Every path below, hidden ones included, directories with a slash. */
  tree(): Promise<string[]>
  run(options?: Partial<RunJobOptions>, seams?: FakeSeams): Promise<JobReport>
}

export type FakeSeams = Partial<Omit<MasterSeams, 'limits'>> & { readonly limits?: Partial<MasterLimits> }

export async function makePlace(): Promise<Place> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'quern-master-test-'))
  const at = (...names: string[]): string => path.join(directory, ...names)
  const scratchBase = at('tmp')
  return {
    directory,
    scratchBase,
    at,
    write: async (name, text) => {
      await fs.mkdir(path.dirname(at(name)), { recursive: true })
      await fs.writeFile(at(name), text)
      return at(name)
    },
    tree: () => tree(directory),
    run: (options = {}, seams = {}) =>
      runJob(
        {
          moduleUrl: new URL('reducing-job.mjs', fixtures).href,
          jobName: 'fake',
          params: {},
          inputs: [{ kind: 'local', path: at('in') }],
          output: { kind: 'local', path: at('out') },
          overwrite: false,
          workers: 2,
          memoryBytes: 64 * 1024 * 1024,
          openDfs: () => Promise.reject(new Error('this job has nothing to do with the DFS')),
          ...options,
        },
        {
          worker: { url: new URL('obedient-worker.mjs', fixtures).href, execArgv: [] },
          scratchBase,
          ...seams,
          limits: { ...masterLimits, workerHeapMiB: 64, ...seams.limits },
        },
      ),
    [Symbol.asyncDispose]: () => fs.rm(directory, { recursive: true, force: true }),
  }
}

export const mapOnlyJob = new URL('map-only-job.mjs', fixtures).href

export async function tree(directory: string, below = ''): Promise<string[]> {
  const found: string[] = []
  for (const entry of await fs.readdir(path.join(directory, below), { withFileTypes: true })) {
    const name = path.join(below, entry.name)
    if (entry.isDirectory()) found.push(`${name}/`, ...(await tree(directory, name)))
    else found.push(name)
  }
  return found.sort()
}
