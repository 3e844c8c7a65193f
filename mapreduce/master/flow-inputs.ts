import path from 'node:path'
import type { FlowStage, StageSource } from '../flow/compile.ts'
import { partName } from '../output/commit.ts'
import type { ExpandedInputs } from './inputs.ts'
import type { DataPath } from './job-options.ts'
import type { InputFile } from './task.ts'

/** What a stage has left for others: part files, in order. */
export interface StageOutput {
  readonly stage: number
  readonly name: string
  readonly directory: string
  /** Bytes of each part. */
  readonly lengths: readonly number[]
  readonly kind: 'map' | 'reduce'
}

/**
 * The files a stage reads: of the flow's inputs, and of what other stages have left (without `outputs`, nothing). Each
 * belongs to an input of the stage by name.
 */
export function stageInputs(
  { inputs }: FlowStage,
  given: ExpandedInputs,
  outputs?: ReadonlyMap<number, StageOutput>,
): ExpandedInputs {
  const files: InputFile[] = []
  const paths: DataPath[] = []
  const add = (file: InputFile, at: DataPath, input: string): void => {
    files.push({ ...file, input })
    paths.push(at)
  }
  for (const [input, from] of Object.entries(inputs)) {
    if ('source' in from) {
      for (const [n, file] of given.files.entries()) {
        const at = given.paths[n]
        if (at !== undefined && (file.input ?? from.source) === from.source) add(file, at, input)
      }
      continue
    }
    if (outputs === undefined) continue
    for (const file of partsOf(outputs, from)) add(file, { kind: 'local', path: file.path }, input)
  }
  return { files, paths, directories: [] }
}

function partsOf(outputs: ReadonlyMap<number, StageOutput>, { stage }: Extract<StageSource, { stage: number }>) {
  const output = outputs.get(stage)
  if (output === undefined) throw new TypeError(`stage ${stage + 1} has not been run`)
  const { directory, lengths, kind, name } = output
  return lengths.map((length, part) => ({
    kind: 'local' as const,
    path: path.join(directory, partName(kind, part)),
    name: `part ${part} of stage ${stage + 1} (${name})`,
    length,
    gzip: false,
  }))
}

/** The stages that `stage` reads from. */
export function readsFrom({ inputs }: FlowStage): number[] {
  return Object.values(inputs).flatMap((from) => ('stage' in from ? [from.stage] : []))
}
