import type { InputFormat } from '../input/format.ts'
import type {
  ByParams,
  Emit,
  Job,
  JoinSideName,
  JoinStrategy,
  JoinType,
  Key,
  MaybePromise,
  ParamSpec,
  RecordOf,
  Seen,
  TaskContext,
} from '../job.ts'
import type { OutputFormat } from '../output/format.ts'
import type { Text } from '../record/text.ts'

/** What `key` of a side may return. null or undefined, alone or in a tuple, equals nothing: as NULL in SQL. */
export type JoinKey = Key | undefined | readonly (Key | undefined)[]

/** One of the two inputs of a join. */
export interface JoinSide<R, K extends JoinKey, V> {
  /** Default: `text()`. */
  readonly input?: InputFormat<R>
  readonly key: (record: RecordOf<R>, ctx: TaskContext) => K
  /** What `join` is to see of a record; the less, the faster. Default: the line, or the value of `keyValue()`. */
  readonly value?: (record: RecordOf<R>, ctx: TaskContext) => V
}

type SeenKey<K> = Seen<Exclude<K, undefined>> | null
type SeenValue<V> = unknown extends V ? Text : Seen<V>
/** Left rows are missing where a right row had no match, and is kept. */
type LeftOf<T extends JoinType, V> = T extends 'right' | 'full' ? SeenValue<V> | undefined : SeenValue<V>
/** Right rows are missing where a left row had no match, and in a semi or anti join always. */
type RightOf<T extends JoinType, V> = T extends 'semi' | 'anti'
  ? undefined
  : T extends 'left' | 'full'
    ? SeenValue<V> | undefined
    : SeenValue<V>

export interface JoinDefinition<LR, RR, LK extends JoinKey, RK extends JoinKey, LV, RV, T extends JoinType> {
  readonly name?: string
  /** One line, shown by `quern jobs`. */
  readonly describe?: string
  readonly params?: Readonly<Record<string, ParamSpec>>
  readonly output?: OutputFormat
  readonly setup?: (ctx: TaskContext) => MaybePromise
  readonly left: JoinSide<LR, LK, LV>
  readonly right: JoinSide<RR, RK, RV>
  /** Default: inner. `semi`: left rows with a match, once each; `anti`: left rows without one. A function chooses by the parameters. */
  readonly type?: T | ByParams
  /** How it is done; the rows are the same. Default: `auto`, decided from the sizes of the inputs. */
  readonly strategy?: JoinStrategy | 'auto' | ByParams
  /** The side whose rows of one key, or all of which, are held while the other passes. Default: the smaller by bytes. */
  readonly small?: JoinSideName
  /**
   * Called for every pair of rows with equal keys, and for the rows without a match that the type keeps: the missing one
   * is undefined. Default: `emit(key, [left, right])`, in a semi or anti join `emit(key, left)`.
   */
  readonly join?: (
    key: SeenKey<LK> | SeenKey<RK>,
    left: LeftOf<T, LV>,
    right: RightOf<T, RV>,
    emit: Emit,
    ctx: TaskContext,
  ) => MaybePromise
}

/** A join of two inputs as a job, run like any other with `-i left=PATH -i right=PATH`. */
export function defineJoin<LR, RR, LK extends JoinKey, RK extends JoinKey, LV, RV>(
  definition: JoinDefinition<LR, RR, LK, RK, LV, RV, JoinType> & { readonly type: ByParams },
): Job<never>
export function defineJoin<LR, RR, LK extends JoinKey, RK extends JoinKey, LV, RV, const T extends JoinType = 'inner'>(
  definition: JoinDefinition<LR, RR, LK, RK, LV, RV, T>,
): Job<never>
export function defineJoin<LR, RR, LK extends JoinKey, RK extends JoinKey, LV, RV>(
  definition: JoinDefinition<LR, RR, LK, RK, LV, RV, JoinType>,
): Job<never> {
  const { left, right, type, strategy, small, join, ...rest } = definition
  return {
    ...rest,
    join: {
      type: type ?? 'inner',
      strategy: strategy ?? 'auto',
      left,
      right,
      ...(small === undefined ? {} : { small }),
      ...(join === undefined ? {} : { join }),
    },
  }
}
