import type { FlowStage } from '../flow/compile.ts'
import { explanationOf, type JobExplanation, type StageExplanation, unplannedStage } from './explain.ts'
import { readsFrom, stageInputs } from './flow-inputs.ts'
import { checkInputNames } from './input-names.ts'
import { expandInputs } from './inputs.ts'
import { limitsOf } from './job-limits.ts'
import type { RunJobOptions } from './job-options.ts'
import { resolveParams } from './load-params.ts'
import { shown } from './output-place.ts'
import { refuseOverlap } from './plan.ts'
import { planJob } from './plan-job.ts'
import { checkFlowOptions, loadFlow, stageJob, stageOptions } from './run-flow.ts'
import type { MasterSeams } from './seams.ts'

/** What a flow would do. A stage that reads what another one makes is planned when that is there: here only its shape shows. */
export async function explainFlow(options: RunJobOptions, seams: MasterSeams): Promise<JobExplanation> {
  const { job, plan } = await loadFlow(options)
  checkFlowOptions(options, plan)
  checkInputNames(job, options.inputs, options.jobName)
  const params = resolveParams(job.params, options.params, options.jobName)
  const given = await expandInputs(options.inputs, options.openDfs, options.signal)
  refuseOverlap(given, options.output, shown(options.output))
  const limits = limitsOf(seams.limits, job.limits, options)
  const explained: JobExplanation[] = []
  const stages: StageExplanation[] = []
  for (const [number, stage] of plan.stages.entries()) {
    const last = number === plan.stages.length - 1
    const own = stageJob(stage, job)
    const output = last ? options.output : { kind: 'local' as const, path: 'for later stages' }
    const ownOptions = { ...stageOptions(options, plan, stage), output }
    if (readsFrom(stage).length === 0) {
      const inputs = stageInputs(stage, given)
      const planned = await planJob(own, ownOptions, limits, { params, sides: [], inputs })
      const explanation = explanationOf({ ...planned, job: own, options: ownOptions })
      explained.push(explanation)
      stages.push(...explanation.stages.map((one) => ({ ...one, name: stage.name })))
    } else {
      const { files } = stageInputs(stage, given)
      stages.push(unplannedStage(stage.name, own, ownOptions, files, fromOf(stage)))
    }
  }
  return {
    jobName: options.jobName,
    workers: Math.max(1, ...explained.map(({ workers }) => workers)),
    memoryBytesPerWorker: Math.floor(options.memoryBytes / Math.max(1, ...explained.map(({ workers }) => workers))),
    stages,
    notes: [...explained.flatMap(({ notes }) => notes), ...plan.notes],
  }
}

/** Of each input, the stage it comes from, from 1. */
function fromOf({ inputs }: FlowStage): Record<string, number> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, from]) => ('stage' in from ? [[name, from.stage + 1]] : [])),
  )
}
