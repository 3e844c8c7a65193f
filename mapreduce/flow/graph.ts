import type { InputFormat } from '../input/format.ts'
import type { Emit, JoinSideName, JoinStrategy, JoinType, MaybePromise, TaskContext } from '../job.ts'
import type { OutputFormat } from '../output/format.ts'
import type { Aggregate } from '../shuffle/aggregate.ts'

/**
 * What a flow does, as its author wrote it: operations on rows, each with those before it. `Rows` has the types; here
 * functions are methods, so that one of any row type fits.
 */
export type FlowNode =
  | { readonly op: 'read'; readonly name: string; readonly input?: InputFormat<unknown> }
  | { readonly op: 'map'; readonly of: FlowNode; apply(row: unknown, ctx: TaskContext): unknown }
  | { readonly op: 'filter'; readonly of: FlowNode; apply(row: unknown, ctx: TaskContext): boolean }
  | { readonly op: 'flatMap'; readonly of: FlowNode; apply(row: unknown, ctx: TaskContext): Iterable<unknown> }
  | { readonly op: 'union'; readonly of: readonly FlowNode[] }
  | { readonly op: 'cache'; readonly of: FlowNode }
  | WideNode

/** Operations that bring rows together, and so need a shuffle. */
export type WideNode = AggregateNode | GroupNode | DistinctNode | SortNode | TopNode | JoinNode

export interface AggregateNode {
  readonly op: 'aggregate'
  readonly of: FlowNode
  readonly by: Aggregate
  key(row: unknown, ctx: TaskContext): unknown
  /** What is aggregated. */
  value(row: unknown, ctx: TaskContext): unknown
}

export interface GroupNode {
  readonly op: 'group'
  readonly of: FlowNode
  /** Whether `apply` makes one row of a group or several. */
  readonly each: 'one' | 'many'
  key(row: unknown, ctx: TaskContext): unknown
  apply(key: unknown, rows: Iterable<unknown>, ctx: TaskContext): unknown
}

export interface DistinctNode {
  readonly op: 'distinct'
  readonly of: FlowNode
  /** Rows are the same if this is; without it, if they are. */
  key?(row: unknown, ctx: TaskContext): unknown
}

export interface SortNode {
  readonly op: 'sortBy'
  readonly of: FlowNode
  key(row: unknown, ctx: TaskContext): unknown
}

export interface TopNode {
  readonly op: 'topN'
  readonly of: FlowNode
  readonly n: number
  key(row: unknown, ctx: TaskContext): unknown
}

export interface JoinNode {
  readonly op: 'join'
  readonly left: FlowNode
  readonly right: FlowNode
  readonly type: JoinType
  readonly strategy: Exclude<JoinStrategy, 'merge'> | 'auto'
  readonly small?: JoinSideName
  leftKey(row: unknown, ctx: TaskContext): unknown
  rightKey(row: unknown, ctx: TaskContext): unknown
  /** The row of a pair; without it the pair, and in a semi or anti join the left row. */
  row?(key: unknown, left: unknown, right: unknown, ctx: TaskContext): unknown
}

/** How the rows of the result are written; without `emit` a pair as key and value, every other row alone. */
export interface FlowWrite {
  readonly output?: OutputFormat
  emit?(row: unknown, emit: Emit, ctx: TaskContext): void
}

/** A flow, as the engine sees it: `defineFlow` has the types and the meaning. */
export interface FlowParts {
  /** In the order they were named. */
  readonly sources: readonly { readonly name: string; readonly input?: InputFormat<unknown> }[]
  readonly result: FlowNode
  readonly write: FlowWrite
  readonly setup?: (ctx: TaskContext) => MaybePromise
}

/** The flow of a loaded module; undefined when it is a job. Works across copies of this module. */
export function flowOf(found: unknown): FlowParts | undefined {
  if (typeof found !== 'object' || found === null || !('flow' in found)) return undefined
  return isFlowParts(found.flow) ? found.flow : undefined
}

export function isFlowParts(value: unknown): value is FlowParts {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sources' in value &&
    Array.isArray(value.sources) &&
    'result' in value &&
    isNode(value.result) &&
    'write' in value &&
    typeof value.write === 'object'
  )
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string'
}
