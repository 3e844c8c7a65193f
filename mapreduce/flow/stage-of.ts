import { MrError } from '../base/errors.ts'
import { compileFlow, type FlowStage } from './compile.ts'
import { flowOf } from './graph.ts'

/** A stage of the flow that a module has as its default export. Every thread comes to the same stages. */
export function stageOf(found: unknown, stage: number): FlowStage {
  const flow = flowOf(found)
  const compiled = flow === undefined ? undefined : compileFlow(flow).stages[stage]
  if (compiled === undefined) {
    throw new MrError(
      'MR_BAD_JOB',
      `the module has no stage ${stage + 1} in this thread: what defineFlow is given may depend on nothing that changes`,
    )
  }
  return compiled
}
