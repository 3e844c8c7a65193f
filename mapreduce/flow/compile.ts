import type { InputFormat } from '../input/format.ts'
import type { JoinType, TaskContext } from '../job.ts'
import { Decoder } from '../record/decode.ts'
import { distinct, first } from '../shuffle/aggregate.ts'
import { sorted } from '../shuffle/pass-through.ts'
import { range } from '../shuffle/range.ts'
import type { After, EngineInput, EngineJob, EngineJoinSide } from '../task/engine-job.ts'
import { before, type Push } from './chain.ts'
import type { FlowNode, FlowParts, JoinNode, WideNode } from './graph.ts'
import { firstOf, TopPacker, unpackRow } from './top.ts'
import { writing } from './write-rows.ts'

/** Where an input of a stage comes from. */
export type StageSource = { readonly source: string } | { readonly stage: number }

/** One round of map, shuffle and reduce (or of map alone), which the engine runs as it runs a job. */
export interface FlowStage {
  /** What it does, in the words of the flow. */
  readonly name: string
  readonly job: EngineJob
  /** Of each input of the job, by its name. */
  readonly inputs: Readonly<Record<string, StageSource>>
  /** What is done with every record that an aggregate or a sorting puts out, before it is written. */
  readonly after?: After
  /** One reducer, whatever is asked for: the first rows of all. */
  readonly single: boolean
}

/** The stages of a flow, each behind those it reads from; the last one writes the result. */
export interface FlowPlan {
  readonly stages: readonly FlowStage[]
  /** What its author may want to know. */
  readonly notes: readonly string[]
}

/**
 * Turns operations into the fewest stages: one for each that brings rows together and each that is cached, and one more
 * only where neither is the last. Everything between two shuffles is one function, run where the first one ends: what
 * lies between stages is what the next shuffle takes, and is handed on unread.
 */
export function compileFlow(flow: FlowParts): FlowPlan {
  return new Compiler(flow).compile()
}

interface Branch {
  /** In messages, and the name of the input. */
  readonly name: string
  readonly from: StageSource
  readonly input: InputFormat<unknown>
  /** Undefined: records are handed on as they are. */
  readonly push: Push | undefined
  readonly names: readonly string[]
}

/** Records between stages as they were emitted, which only their bytes matter of. */
const handedOn: InputFormat<unknown> = { input: 'records', as: 'encoded' }
/** Rows (or keys and rows) between stages for a function to look at. */
const decoded: InputFormat<unknown> = { input: 'records', as: 'decoded' }

/** A record as the reader of `decoded` hands it out. */
function fieldsOf(record: unknown): { readonly key?: unknown; readonly value?: unknown } {
  return typeof record === 'object' && record !== null ? record : {}
}

class Compiler {
  private readonly flow: FlowParts
  private readonly stages: FlowStage[] = []
  private readonly cached = new Map<FlowNode, number>()
  private readonly times = new Map<WideNode, number>()

  constructor(flow: FlowParts) {
    this.flow = flow
  }

  compile(): FlowPlan {
    this.finish(this.flow.result, writing(this.flow.write), [], false)
    const again = [...this.times].filter(([, times]) => times > 1)
    return {
      stages: this.stages,
      notes: again.map(
        ([node, times]) =>
          `${nameOf(node)} is done ${times} times, since its rows are used ${times} times. Put .cache() behind it to do it once.`,
      ),
    }
  }

  /** The stage whose output are the rows of `node`, each handed to `push`. `kept`: for other stages to read. */
  private finish(node: FlowNode, push: Push, names: readonly string[], kept: boolean): number {
    switch (node.op) {
      case 'map':
      case 'filter':
      case 'flatMap':
        return this.finish(node.of, before(node, push), [node.op, ...names], kept)
      case 'cache':
        // Nobody else reads what the flow ends with.
        if (!kept && !this.cached.has(node)) return this.finish(node.of, push, names, kept)
        break
      case 'read':
      case 'union':
        break
      default:
        return this.wide(node, push, names, kept)
    }
    const branches = this.branches(node, push)
    return this.add({ name: [...namesOf(branches), ...names].join(', '), branches, kept, job: {} })
  }

  /** What has to be read for the rows of `node` to arrive at `push`. */
  private branches(node: FlowNode, push: Push, names: readonly string[] = []): Branch[] {
    switch (node.op) {
      case 'read': {
        const { name, input } = node
        return [
          { name, from: { source: name }, input: input ?? { input: 'text' }, push, names: [`read ${name}`, ...names] },
        ]
      }
      case 'map':
      case 'filter':
      case 'flatMap':
        return this.branches(node.of, before(node, push), [node.op, ...names])
      case 'union':
        return node.of.flatMap((one) => this.branches(one, push, names))
      case 'cache': {
        const stage = this.cache(node)
        const rows: Push = (record, emit, ctx) => push(fieldsOf(record).value, emit, ctx)
        return [{ name: `stage ${stage + 1}`, from: { stage }, input: decoded, push: rows, names }]
      }
      default: {
        const stage = this.wide(node, push, names, true)
        return [{ name: `stage ${stage + 1}`, from: { stage }, input: handedOn, push: undefined, names: [] }]
      }
    }
  }

  private cache(node: Extract<FlowNode, { readonly op: 'cache' }>): number {
    const known = this.cached.get(node)
    if (known !== undefined) return known
    const stage = this.finish(node.of, (row, emit) => emit(null, row), ['cache'], true)
    this.cached.set(node, stage)
    return stage
  }

  private wide(node: WideNode, push: Push, names: readonly string[], kept: boolean): number {
    this.times.set(node, (this.times.get(node) ?? 0) + 1)
    if (node.op === 'join') return this.join(node, push, names, kept)
    const { into, ...shuffle } = this.shuffleOf(node, push)
    const branches = this.branches(node.of, into)
    return this.add({ ...shuffle, name: [...namesOf(branches), nameOf(node), ...names].join(', '), branches, kept })
  }

  /** What the maps emit of a row, and what is made of it behind the shuffle. */
  private shuffleOf(node: Exclude<WideNode, JoinNode>, push: Push): Shuffle {
    switch (node.op) {
      case 'aggregate':
        return {
          into: (row, emit, ctx) => emit(node.key(row, ctx), node.value(row, ctx)),
          job: { reduce: node.by },
          after: (key, value, emit, ctx) => push([key, value], emit, ctx),
        }
      case 'group':
        return {
          into: (row, emit, ctx) => emit(node.key(row, ctx), row),
          job: {
            reduce: (key, rows, emit, ctx) => {
              const made = node.apply(key, rows, ctx)
              if (node.each === 'one') push(made, emit, ctx)
              else if (isIterable(made)) for (const row of made) push(row, emit, ctx)
              else throw new TypeError('flatMap of a group has to return rows, as an array or by yield')
            },
          },
        }
      case 'distinct': {
        const { key } = node
        return key === undefined
          ? {
              into: (row, emit) => emit(row),
              job: { reduce: distinct },
              after: (row, _nothing, emit, ctx) => push(row, emit, ctx),
            }
          : {
              into: (row, emit, ctx) => emit(key.call(node, row, ctx), row),
              job: { reduce: first },
              after: (_key, row, emit, ctx) => push(row, emit, ctx),
            }
      }
      case 'sortBy':
        return {
          into: (row, emit, ctx) => emit(node.key(row, ctx), row ?? null),
          job: { reduce: sorted, partition: range() },
          after: (row, _nothing, emit, ctx) => push(row, emit, ctx),
        }
      case 'topN': {
        const packer = new TopPacker()
        const decoder = new Decoder()
        return {
          into: (row, emit, ctx) => emit(null, packer.pack(node.key(row, ctx), row)),
          job: {
            combine: (key, packed, emit) => {
              for (const row of firstOf(node.n, packed)) emit(key, row)
            },
            reduce: (_key, packed, emit, ctx) => {
              for (const row of firstOf(node.n, packed)) push(unpackRow(row, decoder), emit, ctx)
            },
          },
          single: true,
        }
      }
    }
  }

  private join(node: JoinNode, push: Push, names: readonly string[], kept: boolean): number {
    const left = this.side(node.left, (row, ctx) => node.leftKey(row, ctx))
    const right = this.side(node.right, (row, ctx) => node.rightKey(row, ctx))
    const { type, strategy, small } = node
    const job: EngineJob = {
      join: {
        type,
        strategy,
        ...(small === undefined ? {} : { small }),
        left: left.side,
        right: right.side,
        join: (key, l, r, emit, ctx) => push(joined(node, key, l, r, ctx), emit, ctx),
      },
    }
    const name = [...left.names, ...right.names, nameOf(node), ...names].join(', ')
    return this.put({
      name,
      job: this.complete(job, kept),
      inputs: { left: left.from, right: right.from },
      single: false,
    })
  }

  private side(
    node: FlowNode,
    key: (row: unknown, ctx: TaskContext) => unknown,
  ): { readonly side: EngineJoinSide; readonly from: StageSource; readonly names: readonly string[] } {
    if (isRead(node)) {
      const [only] = this.branches(node, (row, emit) => emit(row))
      if (only?.push === undefined) throw new TypeError('what is read is one branch with a function')
      const { input, push, from, names } = only
      return { side: { input, rows: push, key, value: (row) => row }, from, names }
    }
    // The key is taken where the row is made; what comes to the join are both.
    const paired: Push = (row, emit, ctx) => emit(key(row, ctx) ?? null, row)
    const stage = this.finish(node, paired, [], true)
    const side: EngineJoinSide = {
      input: decoded,
      key: (record) => fieldsOf(record).key,
      value: (record) => fieldsOf(record).value,
    }
    return { side, from: { stage }, names: [] }
  }

  private add({ name, branches, job, after, single, kept }: NewStage): number {
    const inputs: Record<string, StageSource> = {}
    const readers: Record<string, EngineInput> = {}
    for (const branch of branches) {
      let input = branch.name
      for (let n = 2; input in inputs; n++) input = `${branch.name} (${n})`
      inputs[input] = branch.from
      readers[input] = { input: branch.input, map: branch.push ?? unread }
    }
    return this.put({
      name,
      inputs,
      job: this.complete({ ...job, inputs: readers }, kept),
      single: single === true,
      ...(after === undefined ? {} : { after }),
    })
  }

  private complete(job: EngineJob, kept: boolean): EngineJob {
    const { setup, write } = this.flow
    const output = kept ? ({ output: 'records' } as const) : write.output
    return {
      ...job,
      ...(setup === undefined ? {} : { setup }),
      ...(output === undefined ? {} : { output }),
    }
  }

  private put(stage: FlowStage): number {
    this.stages.push(stage)
    return this.stages.length - 1
  }
}

interface Shuffle {
  readonly into: Push
  readonly job: EngineJob
  readonly after?: After
  readonly single?: boolean
}

interface NewStage extends Omit<Shuffle, 'into'> {
  readonly name: string
  readonly branches: readonly Branch[]
  readonly kept: boolean
}

function joined(node: JoinNode, key: unknown, left: unknown, right: unknown, ctx: TaskContext): unknown {
  if (node.row !== undefined) return node.row(key, left, right, ctx)
  return leftAlone(node.type) ? left : [left ?? null, right ?? null]
}

const leftAlone = (type: JoinType): boolean => type === 'semi' || type === 'anti'

function unread(): never {
  throw new TypeError('records between stages are handed on as they are')
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

/** Whether rows come from one place as it is, with functions of one row alone on the way. */
function isRead(node: FlowNode): boolean {
  if (node.op === 'map' || node.op === 'filter' || node.op === 'flatMap') return isRead(node.of)
  return node.op === 'read' || node.op === 'cache'
}

/** What the branches of a stage do, each once. */
const namesOf = (branches: readonly Branch[]): string[] => [...new Set(branches.flatMap(({ names }) => names))]

function nameOf(node: WideNode): string {
  switch (node.op) {
    case 'aggregate':
      return `groupBy ${node.by.aggregate}`
    case 'group':
      return `groupBy ${node.each === 'one' ? 'map' : 'flatMap'}`
    case 'join':
      return `${node.type} join`
    case 'topN':
      return `topN ${node.n}`
    default:
      return node.op
  }
}
