import { MrError } from '../base/errors.ts'
import type { JoinSideName, TaskContext } from '../job.ts'
import { Text } from '../record/text.ts'
import { isPromise } from '../shuffle/reduce-groups.ts'
import type { EmitUnknown, EngineJoin } from '../task/engine-job.ts'
import { type KeptRows, keptRows } from './kept-rows.ts'

export interface JoinRowsOptions {
  readonly join: EngineJoin
  readonly held: JoinSideName
  readonly emit: EmitUnknown
  readonly ctx: TaskContext
  /** Hand out copies, and scribble over them when the call is over. */
  readonly checked: boolean
  /** Called now and then: two rows of a frequent key can be an hour of pairs, and the task is alive all the while. */
  readonly beat: () => void
  /** Wraps what `join` throws, with the key; left out where the caller says the place itself. */
  readonly userError?: (cause: unknown, key: unknown) => unknown
}

type Pending = Promise<void> | undefined

/** Calls the user's `join` for the rows a strategy found. Each call returns a promise only if the user's function did. */
export class JoinRows {
  readonly kept: KeptRows
  rows = 0
  private readonly options: JoinRowsOptions
  private readonly heldIsLeft: boolean

  constructor(options: JoinRowsOptions) {
    this.options = options
    this.heldIsLeft = options.held === 'left'
    this.kept = keptRows(options.join.type, options.held)
  }

  pair(key: unknown, streamed: unknown, held: unknown): Pending {
    return this.heldIsLeft ? this.call(key, held, streamed) : this.call(key, streamed, held)
  }

  /** A row of the streamed side alone: without a match, or in a semi join with one. */
  streamed(key: unknown, value: unknown): Pending {
    return this.heldIsLeft ? this.call(key, undefined, value) : this.call(key, value, undefined)
  }

  held(key: unknown, value: unknown): Pending {
    return this.heldIsLeft ? this.call(key, value, undefined) : this.call(key, undefined, value)
  }

  private call(key: unknown, left: unknown, right: unknown): Pending {
    if ((++this.rows & 0xfff) === 0) this.options.beat()
    const { join, emit, ctx, checked } = this.options
    if (join.join === undefined) {
      if (join.type === 'semi' || join.type === 'anti') emit(key, left)
      else emit(key, [left ?? null, right ?? null])
      return undefined
    }
    try {
      const returned = checked ? this.callChecked(key, left, right) : join.join(key, left, right, emit, ctx)
      if (returned === undefined || !isPromise(returned)) return undefined
      return Promise.resolve(returned).then(
        () => undefined,
        (cause: unknown) => {
          throw this.blame(cause, key)
        },
      )
    } catch (cause) {
      throw this.blame(cause, key)
    }
  }

  private callChecked(key: unknown, left: unknown, right: unknown): unknown {
    const { join, emit, ctx } = this.options
    const lent = [key, left, right].map((value) => (value instanceof Text ? value.copy() : value))
    const spoil = (): void => {
      for (const value of lent) if (value instanceof Text) value.buffer.fill('#')
    }
    const returned = join.join?.(lent[0], lent[1], lent[2], emit, ctx)
    if (isPromise(returned)) return returned.then(spoil)
    spoil()
    return returned
  }

  private blame(cause: unknown, key: unknown): unknown {
    // What the disk refused while `emit` wrote is not the user's fault.
    if (cause instanceof MrError && cause.code !== 'MR_USER_CODE') return cause
    return this.options.userError === undefined ? cause : this.options.userError(cause, key)
  }
}
