import type { TaskContext } from '../job.ts'
import type { EmitUnknown } from '../task/engine-job.ts'
import type { FlowNode } from './graph.ts'

/** Takes one row at a time; whatever comes of it goes to `emit`. */
export type Push = (row: unknown, emit: EmitUnknown, ctx: TaskContext) => void

type Narrow = Extract<FlowNode, { readonly op: 'map' | 'filter' | 'flatMap' }>

/** An operation with what follows it, as one function: no rows are held between the two. */
export function before(node: Narrow, next: Push): Push {
  switch (node.op) {
    case 'map':
      return (row, emit, ctx) => next(node.apply(row, ctx), emit, ctx)
    case 'filter':
      return (row, emit, ctx) => {
        if (node.apply(row, ctx)) next(row, emit, ctx)
      }
    case 'flatMap':
      return (row, emit, ctx) => {
        for (const one of node.apply(row, ctx)) next(one, emit, ctx)
      }
  }
}
