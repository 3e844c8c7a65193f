import { MrError } from '../base/errors.ts'
import type { TaskContext } from '../job.ts'
import type { Decoded } from '../record/decode.ts'
import { Encoder } from '../record/encode.ts'
import type { RecordSink, RecordView } from '../record/record-stream.ts'
import { Text } from '../record/text.ts'
import { type Aggregate, givesManyValues, isAggregate, type ManyValuesAggregate } from './aggregate.ts'
import { createFold } from './fold.ts'
import type { Groups } from './groups.ts'
import { createManyValuesFold, type ValueSink } from './many-values.ts'
import { isPassThrough, type PassThrough, passTo } from './pass-through.ts'

/** A user's combine or reduce function, as the engine calls it. */
export type ReduceFunction = (
  key: Decoded,
  values: Iterable<Decoded>,
  emit: (key: unknown, value?: unknown) => void,
  ctx: TaskContext,
) => unknown

export interface ReduceStep {
  readonly reduce: Aggregate | PassThrough | ReduceFunction
  /** Where emitted records go. */
  readonly sink: RecordSink
  readonly ctx: TaskContext
  /**
   * A combiner: it must keep the key, and an aggregate leaves its results unfinished when the reduce is the same one
   * and can take them in without loss.
   */
  readonly combining?: { readonly partial: boolean }
  /** Called for every group, with the groups done so far. */
  readonly onGroup?: (groups: number) => void
  /** Wraps what user code throws, with the group's key. */
  readonly userError: (cause: unknown, key: Decoded) => Error
}

/** Runs one reduce over all groups of a stream, waiting for asynchronous functions; returns the number of groups. */
export async function reduceGroups(groups: Groups, view: () => RecordView, step: ReduceStep): Promise<number> {
  if (isAggregate(step.reduce)) return foldGroups(groups, view, step, step.reduce)
  if (isPassThrough(step.reduce)) return passGroups(groups, view, step, step.reduce)
  const call = groupCaller(groups, step, step.reduce)
  let done = 0
  while (groups.nextGroup()) {
    const returned = call()
    if (returned !== undefined) await returned
    done++
    step.onGroup?.(done)
  }
  return done
}

/** The same where nothing can be waited for: a spill in the middle of a call of `emit`. */
export function reduceGroupsNow(groups: Groups, view: () => RecordView, step: ReduceStep): number {
  if (isAggregate(step.reduce)) return foldGroups(groups, view, step, step.reduce)
  if (isPassThrough(step.reduce)) return passGroups(groups, view, step, step.reduce)
  const call = groupCaller(groups, step, step.reduce)
  let done = 0
  while (groups.nextGroup()) {
    const returned = call()
    if (returned !== undefined) {
      // The attempt fails in any case: what becomes of the promise is nobody's concern.
      returned.catch(() => undefined)
      throw new MrError(
        'MR_USER_CODE',
        'combine returned a promise but is not declared async; write `async combine(...)`, and it will be waited for',
      )
    }
    done++
    step.onGroup?.(done)
  }
  return done
}

/** Whether a function is declared async, and so can not be run where nothing can be waited for. */
export function isAsyncFunction(value: unknown): boolean {
  return typeof value === 'function' && value.constructor.name === 'AsyncFunction'
}

function passGroups(groups: Groups, view: () => RecordView, step: ReduceStep, passThrough: PassThrough): number {
  const sink = passTo(step.sink, passThrough)
  let done = 0
  while (groups.nextGroup()) {
    while (groups.step()) {
      const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = view()
      sink.write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
    }
    done++
    step.onGroup?.(done)
  }
  return done
}

function foldGroups(groups: Groups, view: () => RecordView, step: ReduceStep, aggregate: Aggregate): number {
  if (givesManyValues(aggregate)) return chooseGroups(groups, view, step, aggregate)
  const fold = createFold(aggregate)
  const encoder = new Encoder()
  const { sink } = step
  const partial = step.combining?.partial === true
  let done = 0
  while (groups.nextGroup()) {
    fold.reset()
    try {
      while (groups.step()) {
        const { valueBytes, valueKind, valueStart, valueEnd } = view()
        fold.add(valueBytes, valueKind, valueStart, valueEnd)
      }
    } catch (cause) {
      throw withKey(cause, groups, step)
    }
    const valueKind = partial ? fold.partial(encoder) : fold.finish(encoder)
    sink.write(groups.keyBytes, groups.keyKind, 0, groups.keyLength, encoder.bytes, valueKind, 0, encoder.length)
    done++
    step.onGroup?.(done)
  }
  return done
}

function chooseGroups(
  groups: Groups,
  view: () => RecordView,
  step: ReduceStep,
  aggregate: ManyValuesAggregate,
): number {
  const fold = createManyValuesFold(aggregate)
  const { sink } = step
  const combining = step.combining !== undefined
  const write: ValueSink = (bytes, kindOfValue, start, end) => {
    sink.write(groups.keyBytes, groups.keyKind, 0, groups.keyLength, bytes, kindOfValue, start, end)
  }
  let done = 0
  while (groups.nextGroup()) {
    fold.reset()
    try {
      while (groups.step()) {
        const { valueBytes, valueKind, valueStart, valueEnd } = view()
        if (combining && fold.full) {
          fold.each(write)
          fold.reset()
        }
        fold.add(valueBytes, valueKind, valueStart, valueEnd)
      }
    } catch (cause) {
      throw withKey(cause, groups, step)
    }
    fold.each(write)
    done++
    step.onGroup?.(done)
  }
  return done
}

/** What an aggregate says of a value is the job's fault, and told with the key. */
function withKey(cause: unknown, groups: Groups, step: ReduceStep): unknown {
  return cause instanceof MrError && cause.code === 'MR_USER_CODE' ? step.userError(cause, groups.key()) : cause
}

/** Calls the user's function for the current group; returns a promise only if the function did. */
function groupCaller(groups: Groups, step: ReduceStep, reduce: ReduceFunction): () => Promise<void> | undefined {
  const keyEncoder = new Encoder()
  const valueEncoder = new Encoder()
  const { sink, ctx } = step
  const combining = step.combining !== undefined
  const emit = (key: unknown, value?: unknown): void => {
    const keyKind = keyEncoder.key(key)
    if (combining && !isGroupKey(groups, keyKind, keyEncoder)) throw changedKey(groups.key(), key)
    const valueKind = valueEncoder.value(value)
    sink.write(keyEncoder.bytes, keyKind, 0, keyEncoder.length, valueEncoder.bytes, valueKind, 0, valueEncoder.length)
  }
  // What the disk refused while `emit` wrote is an MrError, and not the user's fault.
  const blame = (cause: unknown): unknown =>
    cause instanceof MrError && cause.code !== 'MR_USER_CODE' ? cause : step.userError(cause, groups.key())
  return () => {
    try {
      const returned = reduce(groups.key(), groups, emit, ctx)
      if (!isPromise(returned)) return undefined
      return Promise.resolve(returned).then(
        () => undefined,
        (cause: unknown) => {
          throw blame(cause)
        },
      )
    } catch (cause) {
      throw blame(cause)
    }
  }
}

/** What an async function returns; anything else a user function returns is ignored. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function isGroupKey(groups: Groups, keyKind: number, encoder: Encoder): boolean {
  return (
    keyKind === groups.keyKind &&
    encoder.length === groups.keyLength &&
    encoder.bytes.compare(groups.keyBytes, 0, groups.keyLength, 0, encoder.length) === 0
  )
}

function changedKey(expected: Decoded, found: unknown): MrError {
  return new MrError(
    'MR_USER_CODE',
    `combine emitted the key ${showKey(found)} for the group ${showKey(expected)}; a combiner must keep the key it was ` +
      'given, since it may run any number of times',
  )
}

/** JSON has no bigints, and refuses them. */
const bigintAsText = (_name: string, item: unknown): unknown => (typeof item === 'bigint' ? `${item}n` : item)

/** A key as it stands in messages: JSON, cut to a readable length. */
export function showKey(key: unknown): string {
  const shown = key instanceof Text ? key.slice(0, 60).toString() : key
  const text = typeof shown === 'bigint' ? `${shown}n` : (JSON.stringify(shown, bigintAsText) ?? 'undefined')
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
