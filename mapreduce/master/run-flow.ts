import fs from 'node:fs/promises'
import path from 'node:path'
import { MrError } from '../base/errors.ts'
import { compileFlow, type FlowPlan, type FlowStage } from '../flow/compile.ts'
import type { Job } from '../job.ts'
import { type OutputCommitter, partName } from '../output/commit.ts'
import type { OutputDisk } from '../output/disk.ts'
import { settleSiblings } from '../output/recover.ts'
import { readsFrom, type StageOutput, stageInputs } from './flow-inputs.ts'
import { flowReport, type RanStage } from './flow-report.ts'
import { checkInputNames } from './input-names.ts'
import { type ExpandedInputs, expandInputs } from './inputs.ts'
import { importJob } from './job-module.ts'
import type { JobReport, RunJobOptions } from './job-options.ts'
import { resolveParams } from './load-params.ts'
import { isCompiledStage } from './load-shape.ts'
import { committerFor, shown } from './output-place.ts'
import { ownerIsDead, ownerTag } from './owner.ts'
import { refuseOverlap } from './plan.ts'
import type { StageRunner } from './run-stage.ts'
import { Scratch, sweepScratch } from './scratch.ts'
import type { MasterSeams } from './seams.ts'

/** What lies between stages is lost so often before the flow gives up. */
const LOSSES_MAX = 3

/**
 * Runs a flow: its stages one after the other, each as a job whose output only the next ones see. A stage's output is
 * kept while a stage that reads it is still to come. Promises what `runJob` does.
 */
export async function runFlow(options: RunJobOptions, seams: MasterSeams, runStage: StageRunner): Promise<JobReport> {
  return await new FlowRun(options, seams, runStage).run()
}

/** The flow of a module, with its stages. */
export async function loadFlow({ moduleUrl, jobName }: RunJobOptions): Promise<{ job: Job; plan: FlowPlan }> {
  const job = await importJob(moduleUrl, jobName)
  if (job.flow === undefined) throw new TypeError(`${jobName} is no flow`)
  return { job, plan: compileFlow(job.flow) }
}

/** What a job may be told and a flow may not, and what a stage is not told. */
export function checkFlowOptions({ skipBad, resume, reducers, jobName }: RunJobOptions, { stages }: FlowPlan): void {
  if (skipBad !== undefined) {
    throw new MrError(
      'MR_USAGE',
      `--skip-bad ${skipBad}: a flow sets no records aside. Leave it out, and filter what is bad in the flow.`,
    )
  }
  if (resume === true) throw new MrError('MR_USAGE', '--resume: a flow keeps nothing to go on from. Leave it out.')
  if (reducers !== undefined && !stages.some(takesReducers)) {
    throw new MrError(
      'MR_USAGE',
      `--reducers ${reducers}: no stage of ${jobName} has a number of reducers to choose. Leave it out.`,
    )
  }
}

const takesReducers = ({ job, single }: FlowStage): boolean =>
  !single && (job.reduce !== undefined || job.join !== undefined)

/** The options of one stage. */
export function stageOptions(options: RunJobOptions, plan: FlowPlan, stage: FlowStage): RunJobOptions {
  const { reducers, format, jobName, ...rest } = options
  const number = plan.stages.indexOf(stage)
  const asked = stage.single ? 1 : takesReducers(stage) ? reducers : undefined
  return {
    ...rest,
    jobName: `${jobName}, stage ${number + 1}`,
    ...(asked === undefined ? {} : { reducers: asked }),
    ...(format === undefined || number < plan.stages.length - 1 ? {} : { format }),
  }
}

/** A stage as the master sees a job. */
export function stageJob({ job }: FlowStage, { params, limits }: Job): Job {
  const whole: unknown = {
    ...job,
    ...(params === undefined ? {} : { params }),
    ...(limits === undefined ? {} : { limits }),
  }
  if (!isCompiledStage(whole)) throw new TypeError('the compiler made a stage that is no job')
  return whole
}

class FlowRun {
  readonly #options: RunJobOptions
  readonly #seams: MasterSeams
  readonly #runStage: StageRunner
  readonly #startMs: number
  readonly #outputs = new Map<number, StageOutput>()
  readonly #ran: RanStage[] = []
  readonly #notes: string[] = []
  #scratch: Scratch | undefined
  #committer: OutputCommitter | undefined
  #losses = 0

  constructor(options: RunJobOptions, seams: MasterSeams, runStage: StageRunner) {
    this.#options = options
    this.#seams = seams
    this.#runStage = runStage
    this.#startMs = seams.clock()
  }

  async run(): Promise<JobReport> {
    const options = this.#options
    const { inputs: given, jobName, signal, output, params } = options
    const { job, plan } = await loadFlow(options)
    checkFlowOptions(options, plan)
    checkInputNames(job, given, jobName)
    resolveParams(job.params, params, jobName)
    const inputs = await expandInputs(given, options.openDfs, signal)
    refuseOverlap(inputs, output, shown(output))
    try {
      await this.#makePlaces()
      let report: JobReport | undefined
      for (const number of plan.stages.keys()) report = await this.#stage(number, job, plan, inputs)
      if (report === undefined) throw new TypeError('a flow has a stage at least')
      await this.#scratch?.remove()
      return flowReport({
        options,
        inputs,
        last: report,
        ran: this.#ran,
        totalMs: this.#seams.clock() - this.#startMs,
        notes: [...plan.notes, ...this.#notes],
      })
    } catch (error) {
      await this.#committer?.close()
      await this.#scratch?.remove()
      throw error
    }
  }

  async #makePlaces(): Promise<void> {
    const { output, signal } = this.#options
    const { scratchBase, disk } = this.#seams
    if (signal?.aborted === true) throw new MrError('MR_CANCELLED', 'The job was cancelled.')
    await sweepScratch(scratchBase, disk)
    if (output.kind === 'local') await settleSiblings(disk, path.resolve(output.path), ownerIsDead)
    this.#scratch = await Scratch.create(ownerTag(), scratchBase, disk)
    // The place of the output is made ready first: that it may not be written to is not to be found after hours.
    await this.#prepareOutput(this.#scratch)
  }

  async #prepareOutput(scratch: Scratch): Promise<void> {
    const { output, overwrite, openDfs, openRemote } = this.#options
    const { disk } = this.#seams
    this.#committer = await committerFor({
      output,
      overwrite,
      tag: path.basename(scratch.directory),
      scratch,
      disk,
      openDfs,
      openRemote,
    })
    await this.#committer.prepare()
  }

  /** Runs a stage when what it reads is there; if that turns out to be lost, whatever made it is run again before. */
  async #stage(number: number, job: Job, plan: FlowPlan, inputs: ExpandedInputs): Promise<JobReport> {
    const stage = plan.stages[number]
    const scratch = this.#scratch
    if (stage === undefined || scratch === undefined) throw new TypeError(`there is no stage ${number + 1}`)
    for (;;) {
      for (const from of readsFrom(stage)) if (!this.#outputs.has(from)) await this.#stage(from, job, plan, inputs)
      try {
        return await this.#runOnce(number, stage, scratch, job, plan, inputs)
      } catch (error) {
        const lost = await this.#lost(stage, error)
        if (lost.length === 0 || ++this.#losses > LOSSES_MAX) throw inStage(error, number, plan)
        for (const from of lost) await this.#forget(from)
        this.#notes.push(
          `What stage ${lost.map((from) => from + 1).join(' and ')} had handed on was lost or damaged, and was made again.`,
        )
        if (number === plan.stages.length - 1) {
          await this.#committer?.close()
          await this.#prepareOutput(scratch)
        }
      }
    }
  }

  async #runOnce(
    number: number,
    stage: FlowStage,
    scratch: Scratch,
    job: Job,
    plan: FlowPlan,
    given: ExpandedInputs,
  ): Promise<JobReport> {
    const { stages } = plan
    const last = number === stages.length - 1
    const directory = path.join(scratch.directory, `stage-${number + 1}`)
    const { onProgress } = this.#options
    const startMs = this.#seams.clock()
    const elapsedMs = startMs - this.#startMs
    const report = await this.#runStage(
      {
        ...stageOptions(this.#options, plan, stage),
        ...(last ? {} : { output: { kind: 'local', path: directory }, overwrite: false }),
        ...(onProgress === undefined
          ? {}
          : {
              onProgress: (progress) =>
                onProgress({
                  ...progress,
                  phase: last || progress.phase !== 'done' ? progress.phase : 'commit',
                  elapsedMs: elapsedMs + progress.elapsedMs,
                  stage: { number: number + 1, of: stages.length, name: stage.name },
                }),
            }),
      },
      {
        ...this.#seams,
        scratchBase: path.join(scratch.directory, 'tasks'),
        ...(last ? {} : { disk: unsynced(this.#seams.disk) }),
      },
      {
        number,
        job: stageJob(stage, job),
        inputs: stageInputs(stage, given, this.#outputs),
        committer: last ? this.#committer : undefined,
      },
    )
    this.#ran.push({ number, name: stage.name, startMs: elapsedMs, report })
    if (!last) this.#outputs.set(number, await outputOf(number, stage, directory, report))
    const later = stages.slice(number + 1).flatMap(readsFrom)
    for (const from of this.#outputs.keys()) if (from < number && !later.includes(from)) await this.#forget(from)
    return report
  }

  /** Of the stages that a failed one reads from, those whose parts are gone or damaged. */
  async #lost(stage: FlowStage, error: unknown): Promise<number[]> {
    if (!(error instanceof MrError) || (error.code !== 'MR_LOST_RUN' && error.code !== 'MR_BAD_INPUT')) return []
    const read = [...new Set(readsFrom(stage))]
    if (error.code === 'MR_LOST_RUN') return read
    const whole = await Promise.all(read.map(async (from) => await isWhole(this.#outputs.get(from))))
    return read.filter((_from, n) => whole[n] !== true)
  }

  async #forget(stage: number): Promise<void> {
    const output = this.#outputs.get(stage)
    this.#outputs.delete(stage)
    if (output !== undefined) await this.#seams.disk.remove(output.directory)
  }
}

async function outputOf(
  stage: number,
  { name }: FlowStage,
  directory: string,
  report: JobReport,
): Promise<StageOutput> {
  const kind = report.reducers > 0 ? 'reduce' : 'map'
  const parts = report.reducers > 0 ? report.reducers : report.maps
  const lengths = await Promise.all(
    Array.from({ length: parts }, async (_, part) => (await fs.stat(path.join(directory, partName(kind, part)))).size),
  )
  return { stage, name, directory, lengths, kind }
}

async function isWhole(output: StageOutput | undefined): Promise<boolean> {
  if (output === undefined) return false
  const { directory, lengths, kind } = output
  const sizes = await Promise.allSettled(
    lengths.map(async (_length, part) => (await fs.stat(path.join(directory, partName(kind, part)))).size),
  )
  return sizes.every((size, part) => size.status === 'fulfilled' && size.value === lengths[part])
}

/** What is gone with the process need not outlive a power cut. */
function unsynced(disk: OutputDisk): OutputDisk {
  return { ...disk, syncFile: () => Promise.resolve(), syncDirectory: () => Promise.resolve() }
}

function inStage(error: unknown, number: number, { stages }: FlowPlan): unknown {
  if (!(error instanceof MrError) || stages.length === 1) return error
  const where = `stage ${number + 1} of ${stages.length} (${stages[number]?.name ?? ''})`
  return new MrError(error.code, `In ${where}:\n${error.message}`, { cause: error.cause ?? error })
}
