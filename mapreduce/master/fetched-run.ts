import { statSync } from 'node:fs'
import { MrError } from '../base/errors.ts'
import { outputExists } from '../output/local-committer.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import { shown } from './output-place.ts'
import { type FetchedInputs, fetchInputs } from './remote-inputs.ts'
import { openPlace } from './remote-place.ts'
import type { MasterSeams } from './seams.ts'

interface Fetched {
  readonly files: number
  readonly bytes: number
  readonly fetchMs: number
}

/** Runs with inputs that lie elsewhere fetched before, and removed after. Jobs that have none notice nothing. */
export async function withFetchedInputs<T>(
  options: RunJobOptions,
  seams: MasterSeams,
  run: (options: RunJobOptions) => Promise<T>,
  tellOf: (result: T, fetched: Fetched) => T,
): Promise<T> {
  if (!options.inputs.some(({ kind }) => kind === 'webhdfs')) return await run(options)
  const startMs = seams.clock()
  // What was fetched for hours should not end at an output that has stood there all the time.
  await refuseOutput(options)
  const fetched = await fetchFor(options, seams, startMs)
  const fetchMs = seams.clock() - startMs
  try {
    const { onProgress } = options
    const result = await run({
      ...options,
      inputs: fetched.inputs,
      ...(onProgress === undefined
        ? {}
        : { onProgress: (step) => onProgress({ ...step, elapsedMs: fetchMs + step.elapsedMs }) }),
    })
    return tellOf(result, { files: fetched.files, bytes: fetched.bytes, fetchMs })
  } finally {
    await fetched.remove()
  }
}

/** The report of the job with the fetching in it. */
export function withFetching(report: JobReport, { files, bytes, fetchMs }: Fetched): JobReport {
  const { times, notes } = report
  return {
    ...report,
    times: { ...times, planMs: times.planMs + fetchMs, totalMs: times.totalMs + fetchMs },
    notes: [
      `Fetched ${files} input ${files === 1 ? 'file' : 'files'} (${bytes} bytes) in ${(fetchMs / 1000).toFixed(1)} s first.`,
      ...notes,
    ],
  }
}

async function fetchFor(options: RunJobOptions, seams: MasterSeams, startMs: number): Promise<FetchedInputs> {
  const { inputs, openRemote, signal, onProgress } = options
  const { scratchBase, disk, clock, limits } = seams
  let toldMs = Number.NEGATIVE_INFINITY
  try {
    return await fetchInputs(inputs, {
      openRemote,
      scratchBase,
      disk,
      signal,
      tell: ({ bytes, bytesTotal, file }) => {
        if (onProgress === undefined || clock() - toldMs < limits.progressIntervalMs) return
        toldMs = clock()
        onProgress({
          phase: 'fetch',
          mapsDone: 0,
          mapsTotal: 0,
          reducesDone: 0,
          reducesTotal: 0,
          running: 0,
          bytesIn: bytes,
          bytesTotal,
          elapsedMs: toldMs - startMs,
          failedAttempts: 0,
          status: file,
        })
      },
    })
  } catch (error) {
    if (signal?.aborted !== true || error instanceof MrError) throw error
    throw new MrError('MR_CANCELLED', 'The job was cancelled.', { cause: error })
  }
}

async function refuseOutput({ output, overwrite, openDfs, openRemote }: RunJobOptions): Promise<void> {
  if (overwrite) return
  if (await stands()) throw outputExists(shown(output))

  async function stands(): Promise<boolean> {
    if (output.kind === 'local') return statSync(output.path, { throwIfNoEntry: false }) !== undefined
    if (output.kind === 'dfs') return (await (await openDfs()).find(output.path)) !== undefined
    const { fileSystem, inside } = await openPlace(output.path, openRemote)
    return (await fileSystem.find(inside)) !== undefined
  }
}
