import type { BadReplica } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { describePreparationFailure } from './failure.ts'
import type { WorkerPool } from './pool.ts'
import type { PreparationTask, TaskDone } from './task.ts'

export interface PreparationOptions {
  readonly pool: WorkerPool
  readonly attemptsMax: number
  readonly signal: AbortSignal | undefined
  readonly reportBad: (bad: readonly BadReplica[]) => Promise<void>
}

/**
 * Has one worker do what has to be known before the maps begin: the table of a broadcast join, a sample of keys. Tried
 * again like any other task.
 */
export async function prepare(
  task: (attempt: number) => PreparationTask,
  { pool, attemptsMax, signal, reportBad }: PreparationOptions,
): Promise<TaskDone> {
  for (let attempt = 1; ; attempt++) {
    const slot = (attempt - 1) % pool.size
    const cancel = (): void => pool.kill(slot, 'the job was cancelled')
    signal?.addEventListener('abort', cancel, { once: true })
    const outcome = await pool.run(slot, task(attempt)).finally(() => signal?.removeEventListener('abort', cancel))
    if (signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
    if (outcome.type === 'result') {
      const { result } = outcome
      if (result.bad.length > 0) await reportBad(result.bad)
      if (result.ok) return result
      if (result.permanent || attempt >= attemptsMax) throw describePreparationFailure(result, attempt)
    } else if (attempt >= attemptsMax) {
      const what =
        outcome.type === 'lost'
          ? `its thread ended: ${outcome.reason}`
          : `it made no progress for ${outcome.silentMs} ms`
      const code = outcome.type === 'lost' ? 'MR_TASK_LOST' : 'MR_TASK_TIMEOUT'
      throw describePreparationFailure(
        { ok: false, code, message: `A worker failed; ${what}.`, permanent: false, bad: [] },
        attempt,
      )
    }
  }
}
