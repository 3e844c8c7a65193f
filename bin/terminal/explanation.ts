import type { JobExplanation, StageExplanation } from '../../mapreduce/master/explain.ts'
import { humanBytes } from './bytes.ts'
import type { Style } from './style.ts'
import { printable } from './width.ts'

const LABEL_WIDTH = 11
const many = (value: number, one: string): string => `${value.toLocaleString('en-US')} ${one}${value === 1 ? '' : 's'}`

/** What a job would do, a stage after the other. */
export function explanationLines(explanation: JobExplanation, style: Style): string[] {
  const { jobName, workers, memoryBytesPerWorker, stages, notes } = explanation
  const row = (label: string, text: string): string => `  ${style.dim(label.padEnd(LABEL_WIDTH))}${printable(text)}`
  const lines = [
    style.bold(
      `${printable(jobName)}: ${many(stages.length, 'stage')} on ${many(workers, 'worker')} with ${humanBytes(memoryBytesPerWorker)} each`,
    ),
  ]
  for (const [n, stage] of stages.entries()) {
    if (stages.length > 1) lines.push(style.cyan(`stage ${n + 1}: ${printable(stage.name)}`))
    for (const [label, text] of stageRows(stage)) lines.push(row(label, text))
  }
  for (const note of notes) lines.push(row('note', note))
  return lines
}

function stageRows(stage: StageExplanation): (readonly [string, string])[] {
  const { inputs, splits, reducers, partition, combine, join, output } = stage
  const rows: (readonly [string, string])[] = inputs.map(({ name, format, files, bytes, gzipFiles, stage: from }) => {
    if (from !== undefined)
      return ['in', `the records of stage ${from}${name === `stage ${from}` ? '' : `, as ${name}`}`]
    const zipped = gzipFiles === 0 ? '' : `, ${gzipFiles} of them gzip, unpacked whole`
    return [
      'in',
      `${name === '' ? '' : `${name}: `}${many(files, 'file')}, ${humanBytes(bytes)}, as ${format}${zipped}`,
    ]
  })
  if (join !== undefined) rows.push(['join', `${join.strategy}, ${join.held} held: ${join.why}`])
  rows.push(['maps', splits === undefined ? 'by the size of what there is then' : many(splits, 'split')])
  if (combine !== '') rows.push(['combine', combine])
  rows.push(
    reducers === 0
      ? ['reduces', 'none: what the maps put out is the output']
      : ['reduces', `${reducers === undefined ? 'partitions' : many(reducers, 'partition')} by ${partition}`],
  )
  const parts = output.parts === undefined ? 'parts' : many(output.parts, 'part')
  rows.push(['out', `${output.path}, ${parts} as ${output.format}`])
  return rows
}
