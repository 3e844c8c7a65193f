import { MrError } from '../base/errors.ts'
import type { JoinSideName, JoinType } from '../job.ts'
import type { JoinChoice } from '../task/join-choice.ts'
import type { MasterLimits } from './limits.ts'
import type { InputFile, JoinPlan } from './task.ts'

/** How a join is done, and why, in words that complete "broadcast: …". */
export interface JoinDecision extends JoinPlan {
  readonly why: string
}

/** What a compressed byte is taken for. */
const GZIP_FACTOR = 4
const MiB = 1024 * 1024

/** The sides that may be broadcast: those whose rows without a match no one asks for, since no worker could tell them. */
const broadcastable: Readonly<Record<JoinType, readonly JoinSideName[]>> = {
  inner: ['left', 'right'],
  left: ['right'],
  right: ['left'],
  full: [],
  semi: ['right'],
  anti: ['right'],
}

/**
 * Chooses the strategy of a join from the type and the sizes of the files alone: never from workers or memory, on which
 * the order of the rows must not depend. MR_USAGE where a strategy was asked for that the type does not allow.
 */
export function decideJoin(
  join: JoinChoice,
  files: readonly InputFile[],
  limits: Pick<MasterLimits, 'broadcastInputBytesMax'>,
): JoinDecision {
  const bytes = { left: sideBytes(files, 'left'), right: sideBytes(files, 'right') }
  const smaller = join.small ?? (bytes.left < bytes.right ? 'left' : 'right')
  if (join.strategy === 'broadcast') return askedBroadcast(join, bytes, smaller)
  if (join.strategy !== 'auto') return { strategy: join.strategy, held: smaller, why: 'asked for by the job' }
  const side = smallest(candidates(join), bytes)
  if (side !== undefined && bytes[side] <= limits.broadcastInputBytesMax) {
    return {
      strategy: 'broadcast',
      held: side,
      why: `${side} has ${size(bytes[side])}, at most ${size(limits.broadcastInputBytesMax)} are broadcast`,
    }
  }
  const reason =
    side === undefined
      ? `a ${join.type} join has no side that may be broadcast`
      : `${side} has ${size(bytes[side])}, more than the ${size(limits.broadcastInputBytesMax)} that are broadcast`
  // A table of one side is cheaper than sorting both, also where it takes several rounds.
  return { strategy: 'partitioned', held: smaller, why: reason }
}

/** What a broadcast that turned out too large becomes. */
export function partitionedInstead(decision: JoinDecision, tableBytesMax: number): JoinDecision {
  return {
    strategy: 'partitioned',
    held: decision.held,
    why: `the table of ${decision.held} outgrew the ${size(tableBytesMax)} that are broadcast`,
  }
}

function askedBroadcast(
  join: Pick<JoinChoice, 'type' | 'small'>,
  bytes: Readonly<Record<JoinSideName, number>>,
  smaller: JoinSideName,
): JoinDecision {
  const allowed = broadcastable[join.type]
  if (join.small !== undefined && !allowed.includes(join.small)) throw notBroadcastable(join.type, join.small)
  const side = join.small ?? (allowed.includes(smaller) ? smaller : smallest(allowed, bytes))
  if (side === undefined) throw notBroadcastable(join.type, 'any')
  return { strategy: 'broadcast', held: side, why: 'asked for by the job' }
}

function candidates({ type, small }: Pick<JoinChoice, 'type' | 'small'>): readonly JoinSideName[] {
  return broadcastable[type].filter((side) => small === undefined || side === small)
}

function smallest(
  sides: readonly JoinSideName[],
  bytes: Readonly<Record<JoinSideName, number>>,
): JoinSideName | undefined {
  const [first, second] = sides
  if (first === undefined || second === undefined) return first
  return bytes[first] < bytes[second] ? first : second
}

function notBroadcastable(type: JoinType, side: JoinSideName | 'any'): MrError {
  const allowed = broadcastable[type]
  const kept = side === 'any' ? 'both sides' : `its ${side} side`
  const instead = allowed.length === 0 ? '' : ` Broadcast ${allowed.join(' or ')}, or`
  return new MrError(
    'MR_USAGE',
    `A ${type} join can't broadcast ${side === 'any' ? 'either side' : side}: the rows of ${kept} are kept without a match, and no ` +
      `worker sees all the matches of a row that every worker has.${instead}${instead === '' ? ' Choose' : ' choose'} another strategy, or none.`,
  )
}

function sideBytes(files: readonly InputFile[], side: JoinSideName): number {
  return files.reduce((sum, file) => sum + (file.input === side ? file.length * (file.gzip ? GZIP_FACTOR : 1) : 0), 0)
}

function size(bytes: number): string {
  return bytes < MiB ? `${Math.ceil(bytes / 1024)} KiB` : `${Number((bytes / MiB).toFixed(1))} MiB`
}
