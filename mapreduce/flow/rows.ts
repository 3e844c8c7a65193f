import { MrError } from '../base/errors.ts'
import type { Emit, JoinSideName, JoinStrategy, JoinType, Key, Seen, TaskContext, Value } from '../job.ts'
import type { JoinKey } from '../join/define.ts'
import type { OutputFormat } from '../output/format.ts'
import type { Aggregate } from '../shuffle/aggregate.ts'
import type { StatsValue } from '../shuffle/stats-fold.ts'
import type { FlowNode, FlowWrite } from './graph.ts'

/** What an aggregate makes of values. A sum of numbers beyond 2^53 is a bigint, so that no bit is lost. */
export type Aggregated<A extends Aggregate, V> = A extends { readonly aggregate: 'count' | 'mean' }
  ? number
  : A extends { readonly aggregate: 'sum' }
    ? V extends bigint
      ? bigint
      : number | bigint
    : A extends { readonly aggregate: 'stats' }
      ? StatsValue
      : Seen<V>

/** How two sets of rows are joined. */
export interface FlowJoin<L, R, LK extends JoinKey, RK extends JoinKey, T extends JoinType, Out> {
  /** The key of a left row; null or undefined, alone or in a tuple, equals nothing: as NULL in SQL. */
  readonly left: (row: L, ctx: TaskContext) => LK
  readonly right: (row: R, ctx: TaskContext) => RK
  /** Default: inner. `semi`: left rows with a match, once each; `anti`: left rows without one. */
  readonly type?: T
  /** How it is done; the rows are the same. Default: `auto`, decided from the sizes of the sides. */
  readonly strategy?: Exclude<JoinStrategy, 'merge'> | 'auto'
  readonly small?: JoinSideName
  /** The row made of a pair; the side that is missing is undefined. Default: `[left, right]`, with null for a missing one. */
  readonly row?: (
    key: Seen<Exclude<LK | RK, undefined>> | null,
    left: T extends 'right' | 'full' ? Seen<L> | undefined : Seen<L>,
    right: T extends 'semi' | 'anti' ? undefined : T extends 'left' | 'full' ? Seen<R> | undefined : Seen<R>,
    ctx: TaskContext,
  ) => Out
}

/** The rows of a join without `row`. */
export type Joined<L, R, T extends JoinType> = T extends 'semi' | 'anti'
  ? Seen<L>
  : readonly [
      T extends 'right' | 'full' ? Seen<L> | null : Seen<L>,
      T extends 'left' | 'full' ? Seen<R> | null : Seen<R>,
    ]

/** Never set: carries the type of a row, for what can be done with rows of some types alone. */
interface Holding<T> {
  readonly rowType?: T
}

/**
 * Rows that a flow will have, and what may be done with them. A row that was shuffled or cached comes back as `Seen`: a
 * string as a `Text`. A `Text` is good for the call that hands it over.
 */
export class Rows<T> implements Holding<T> {
  declare readonly rowType?: T
  readonly node: FlowNode

  constructor(node: FlowNode) {
    this.node = node
  }

  map<U>(apply: (row: T, ctx: TaskContext) => U): Rows<U> {
    return new Rows({ op: 'map', of: this.node, apply: called('map', apply) })
  }

  filter<S extends T>(apply: (row: T, ctx: TaskContext) => row is S): Rows<S>
  filter(apply: (row: T, ctx: TaskContext) => boolean): Rows<T>
  filter(apply: (row: T, ctx: TaskContext) => boolean): Rows<T> {
    return new Rows({ op: 'filter', of: this.node, apply: called('filter', apply) })
  }

  /** Any number of rows for each. They are used one by one, so a generator holds one at a time. */
  flatMap<U>(apply: (row: T, ctx: TaskContext) => Iterable<U>): Rows<U> {
    return new Rows({ op: 'flatMap', of: this.node, apply: called('flatMap', apply) })
  }

  groupBy<K extends Key>(key: (row: T, ctx: TaskContext) => K): Grouped<K, T> {
    return new Grouped(this.node, called('groupBy', key))
  }

  /** Each row once, in the order of the rows. With `key`: the first row of each key, in the order of the keys. */
  distinct(this: Holding<Key>): Rows<Seen<T>>
  distinct(this: Holding<Value>, key: (row: T, ctx: TaskContext) => Key): Rows<Seen<T>>
  distinct(key?: (row: T, ctx: TaskContext) => Key): Rows<Seen<T>> {
    const { node } = this
    return new Rows(
      key === undefined ? { op: 'distinct', of: node } : { op: 'distinct', of: node, key: called('distinct', key) },
    )
  }

  /** In the order of a key over all parts of the output; rows with equal keys stay as they were. */
  sortBy(this: Rows<T> & Holding<Value>, key: (row: T, ctx: TaskContext) => Key): Rows<Seen<T>> {
    return new Rows({ op: 'sortBy', of: this.node, key: called('sortBy', key) })
  }

  /** The first `n` rows (up to 100,000) in the order of a key: with `desc` the greatest. They are held in memory. */
  topN(this: Rows<T> & Holding<Value>, n: number, key: (row: T, ctx: TaskContext) => Key): Rows<Seen<T>> {
    if (!Number.isInteger(n) || n < 1 || n > TOP_MAX) {
      throw new MrError(
        'MR_BAD_JOB',
        `topN(${n}): n has to be a whole number from 1 to ${TOP_MAX}. sortBy has all rows.`,
      )
    }
    return new Rows({ op: 'topN', of: this.node, n, key: called('topN', key) })
  }

  /** The rows of both, these first. */
  union<U>(...others: readonly Rows<U>[]): Rows<T | U> {
    return new Rows({ op: 'union', of: [this.node, ...others.map(({ node }) => node)] })
  }

  join<R, LK extends JoinKey, RK extends JoinKey, const J extends JoinType = 'inner'>(
    this: Holding<Value>,
    right: Rows<R> & Holding<Value>,
    how: Omit<FlowJoin<T, R, LK, RK, J, never>, 'row'> & { readonly row?: never },
  ): Rows<Joined<T, R, J>>
  join<R, LK extends JoinKey, RK extends JoinKey, Out, const J extends JoinType = 'inner'>(
    this: Holding<Value>,
    right: Rows<R> & Holding<Value>,
    how: FlowJoin<T, R, LK, RK, J, Out>,
  ): Rows<Out>
  join<R, LK extends JoinKey, RK extends JoinKey, Out, const J extends JoinType>(
    right: Rows<R>,
    how: FlowJoin<T, R, LK, RK, J, Out>,
  ): Rows<Out | Joined<T, R, J>> {
    const { small, row } = how
    return new Rows({
      op: 'join',
      left: this.node,
      right: right.node,
      type: how.type ?? 'inner',
      strategy: how.strategy ?? 'auto',
      leftKey: called('join', how.left),
      rightKey: called('join', how.right),
      ...(small === undefined ? {} : { small }),
      ...(row === undefined ? {} : { row: called('join', row) }),
    })
  }

  /** Worked out once and kept until the last that uses the rows is done; without it, each use works them out again. */
  cache(this: Rows<T> & Holding<Value>): Rows<Seen<T>> {
    return new Rows({ op: 'cache', of: this.node })
  }

  /**
   * How the rows are written, for the flow to return. Without `emit` a row of two is written as key and value, any other
   * alone. Default: `tsv()`.
   */
  write(output?: OutputFormat, emit?: (row: T, emit: Emit, ctx: TaskContext) => void): Written {
    return new Written(this.node, {
      ...(output === undefined ? {} : { output }),
      ...(emit === undefined ? {} : { emit: called('write', emit) }),
    })
  }
}

/** Rows by key. */
export class Grouped<K, T> implements Holding<T> {
  declare readonly rowType?: T
  private readonly node: FlowNode
  private readonly key: (row: T, ctx: TaskContext) => K

  constructor(node: FlowNode, key: (row: T, ctx: TaskContext) => K) {
    this.node = node
    this.key = key
  }

  /**
   * `[key, result]` of each key, in the order of the keys; of `distinct`, `top` and `bottom` one such row for each value
   * they keep. `count` needs no value; the others take that of each row.
   */
  aggregate(by: Aggregate & { readonly aggregate: 'count' }): Rows<readonly [Seen<K>, number]>
  aggregate<A extends Aggregate, V extends Value>(
    by: A,
    value: (row: T, ctx: TaskContext) => V,
  ): Rows<readonly [Seen<K>, Aggregated<A, V>]>
  aggregate<A extends Aggregate, V extends Value>(
    by: A,
    value?: (row: T, ctx: TaskContext) => V,
  ): Rows<readonly [Seen<K>, Aggregated<A, V> | number]> {
    const { node: of, key } = this
    if (value === undefined && by.aggregate !== 'count') {
      throw new MrError(
        'MR_BAD_JOB',
        `aggregate(${by.aggregate}) needs to know of what: aggregate(${by.aggregate}, (row) => …)`,
      )
    }
    return new Rows({ op: 'aggregate', of, by, key, value: value === undefined ? one : called('aggregate', value) })
  }

  /** A row for each key, in the order of the keys. The rows of a key come in the order of the input, one at a time. */
  map<U>(
    this: Grouped<K, T> & Holding<Value>,
    apply: (key: Seen<K>, rows: Iterable<Seen<T>>, ctx: TaskContext) => U,
  ): Rows<U> {
    return new Rows({ op: 'group', of: this.node, each: 'one', key: this.key, apply: called('map', apply) })
  }

  /** Any number of rows for each key. */
  flatMap<U>(
    this: Grouped<K, T> & Holding<Value>,
    apply: (key: Seen<K>, rows: Iterable<Seen<T>>, ctx: TaskContext) => Iterable<U>,
  ): Rows<U> {
    return new Rows({ op: 'group', of: this.node, each: 'many', key: this.key, apply: called('flatMap', apply) })
  }
}

/** What a flow returns: rows, and how they are written. */
export class Written {
  readonly node: FlowNode
  readonly how: FlowWrite

  constructor(node: FlowNode, how: FlowWrite) {
    this.node = node
    this.how = how
  }
}

const TOP_MAX = 100_000

const one = (): number => 1

/** Refuses what is no function, and what would have to be waited for. */
function called<F>(where: string, apply: F): F {
  if (typeof apply !== 'function') {
    throw new MrError('MR_BAD_JOB', `${where} of a flow needs a function, and was given ${typeof apply}.`)
  }
  if (apply.constructor.name === 'AsyncFunction') {
    throw new MrError(
      'MR_BAD_JOB',
      `${where} of a flow was given an async function, and rows are not waited for. Do what takes waiting in \`setup\`, or in a job of its own.`,
    )
  }
  return apply
}
