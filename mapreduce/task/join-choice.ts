import { MrError } from '../base/errors.ts'
import type { ByParams, JoinParts, JoinSideName, JoinStrategy, JoinType, TaskContext } from '../job.ts'

export const joinTypes: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']
export const joinStrategies: readonly (JoinStrategy | 'auto')[] = [
  'auto',
  'sort-merge',
  'broadcast',
  'partitioned',
  'merge',
]

/** What a join is in one run. */
export interface JoinChoice {
  readonly type: JoinType
  readonly strategy: JoinStrategy | 'auto'
  readonly small?: JoinSideName
}

/** Asks the job what the parameters of this run make of its join. Master and workers ask alike, and get the same answer. */
export function joinChoice(
  { type, strategy, small }: Pick<JoinParts, 'type' | 'strategy' | 'small'>,
  params: TaskContext['params'],
): JoinChoice {
  return {
    type: chosen('type', type, joinTypes, params),
    strategy: chosen('strategy', strategy, joinStrategies, params),
    ...(small === undefined ? {} : { small }),
  }
}

function chosen<T extends string>(
  what: string,
  given: T | ByParams,
  known: readonly T[],
  params: TaskContext['params'],
): T {
  if (typeof given !== 'function') return given
  const found = given(params)
  const one = known.find((name) => name === found)
  if (one !== undefined) return one
  throw new MrError(
    'MR_BAD_PARAM',
    `The join's ${what} came out as ${JSON.stringify(found)}; there are ${known.join(', ')}.`,
  )
}
