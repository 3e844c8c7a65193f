import type { BadReplica } from '../../dfs/index.ts'
import { MrError } from '../base/errors.ts'
import { describeBroadcastFailure } from './failure.ts'
import type { WorkerPool } from './pool.ts'
import type { BroadcastTable, InputFile, JoinPlan, Segment } from './task.ts'

export interface BroadcastOptions {
  readonly pool: WorkerPool
  readonly files: readonly InputFile[]
  readonly join: JoinPlan
  readonly tableBytesMax: number
  readonly attemptsMax: number
  /** The path of an attempt's temporary files. */
  readonly file: (attempt: number) => string
  readonly signal: AbortSignal | undefined
  readonly reportBad: (bad: readonly BadReplica[]) => Promise<void>
}

/** Has one worker read the broadcast side of a join, before the maps begin; tried again like any other task. */
export async function broadcastTable(options: BroadcastOptions): Promise<BroadcastTable | 'too large'> {
  const { pool, files, join, tableBytesMax, attemptsMax, signal } = options
  const segments: Segment[] = files.flatMap(({ input, length }, file) =>
    input === join.held && length > 0 ? [{ file, start: 0, length }] : [],
  )
  for (let attempt = 1; ; attempt++) {
    const slot = (attempt - 1) % pool.size
    const cancel = (): void => pool.kill(slot, 'the job was cancelled')
    signal?.addEventListener('abort', cancel, { once: true })
    const task = {
      kind: 'broadcast',
      task: 0,
      attempt,
      segments,
      outputFile: options.file(attempt),
      tableBytesMax,
    } as const
    const outcome = await pool.run(slot, task).finally(() => signal?.removeEventListener('abort', cancel))
    if (signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
    if (outcome.type !== 'result') {
      if (attempt < attemptsMax) continue
      const what =
        outcome.type === 'lost'
          ? `its thread ended (${outcome.reason})`
          : `it made no progress for ${outcome.silentMs} ms`
      throw new MrError('MR_JOB_FAILED', `The ${join.held} side of the join could not be read for broadcast: ${what}.`)
    }
    const { result } = outcome
    if (result.bad.length > 0) await options.reportBad(result.bad)
    if (result.ok) {
      if (result.table === undefined) throw new TypeError('a broadcast task made no table')
      return result.table
    }
    if (result.permanent || attempt >= attemptsMax) throw describeBroadcastFailure(result, attempt)
  }
}
