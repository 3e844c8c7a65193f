import type { JoinSideName } from '../job.ts'
import { sideInput } from '../join/side-input.ts'
import type { KeySample, SampleTask, TaskDone } from '../master/task.ts'
import { Decoder } from '../record/decode.ts'
import { showKey } from '../shuffle/reduce-groups.ts'
import { type EngineInput, joinOf } from '../task/engine-job.ts'
import type { TaskEnvironment } from '../task/task-environment.ts'
import { MapAttempt } from './map-attempt.ts'

/** Of each side so many keys are told, the most frequent. */
const KEYS_TOLD = 256

/** Counts keys in pieces of the input. A sample is small, so here a key may be a string. */
class KeyCounter {
  rows = 0
  private readonly side: JoinSideName
  private readonly counts = new Map<string, number>()
  readonly input: EngineInput

  constructor(side: JoinSideName, env: TaskEnvironment) {
    this.side = side
    this.input = sideInput({
      join: joinOf(env.job, env.plan.params),
      side,
      held: side,
      partitions: 1,
      take: (key, keyKind, start, end) => {
        this.rows++
        const name = String.fromCharCode(keyKind) + key.toString('latin1', start, end)
        this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      },
    })
  }

  get sample(): KeySample {
    const most = [...this.counts].sort(([, a], [, b]) => b - a).slice(0, KEYS_TOLD)
    return {
      side: this.side,
      rows: this.rows,
      keys: most.map(([name, rows]) => {
        const keyKind = name.charCodeAt(0)
        const key = Buffer.from(name.slice(1), 'latin1')
        return { keyKind, key, shown: showKey(new Decoder().decode(key, keyKind, 0, key.length)), rows }
      }),
    }
  }
}

/** Reads pieces of the sides of a join for the keys that are in them. */
export async function runSampleTask(task: SampleTask, env: TaskEnvironment): Promise<TaskDone> {
  const counters = { left: new KeyCounter('left', env), right: new KeyCounter('right', env) }
  const attempt = new MapAttempt({ ...task, skippedFile: `${task.outputFile}.skipped` }, env)
  await attempt.mapAll(
    { emit: () => {}, records: 0, flush: () => {} },
    (name) => counters[name === 'left' ? 'left' : 'right'].input,
  )
  return { ...attempt.done([], 0), samples: [counters.left.sample, counters.right.sample] }
}
