import type { OutputCommitter } from '../output/commit.ts'
import type { Kept } from './kept-maps.ts'
import type { WorkerPool } from './pool.ts'
import type { ProgressTeller } from './progress.ts'
import type { Scratch } from './scratch.ts'
import type { TaskRunner } from './task-runner.ts'
import { whatIsLeft } from './what-is-left.ts'

/** What a run has opened, in the order it is to be closed: threads first, so that nobody writes into what is removed. */
export interface Opened {
  progress?: ProgressTeller
  pool?: WorkerPool
  runner?: TaskRunner
  committer?: OutputCommitter
  scratch?: Scratch
}

/** Ends and removes everything that is not committed output. Returns what could not be done, for a person. */
export async function closeOpened(opened: Opened, keep = false): Promise<string | undefined> {
  const { progress, pool, runner, committer, scratch } = opened
  const steps: (() => Promise<void> | undefined | void)[] = [
    () => progress?.close(),
    () => pool?.close(),
    () => runner?.settled(),
    () => committer?.close(),
    async () => {
      if (!keep) await scratch?.remove()
      else kept = await scratch?.keep()
    },
  ]
  let kept: Kept | undefined
  const failures: string[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  return whatIsLeft(kept, failures)
}
