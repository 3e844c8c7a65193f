import type { JoinSideName, JoinType } from '../job.ts'

/** What a join type makes of rows, seen from the side that is held and the side that is streamed past it. */
export interface KeptRows {
  /** Every pair of rows with equal keys. */
  readonly pairs: boolean
  /** Rows without a match. */
  readonly loneHeld: boolean
  readonly loneStreamed: boolean
  /** Rows with a match, once each (semi). */
  readonly onceHeld: boolean
  readonly onceStreamed: boolean
}

const lone: Readonly<Record<JoinType, readonly JoinSideName[]>> = {
  inner: [],
  left: ['left'],
  right: ['right'],
  full: ['left', 'right'],
  semi: [],
  anti: ['left'],
}

export function keptRows(type: JoinType, held: JoinSideName): KeptRows {
  const streamed = held === 'left' ? 'right' : 'left'
  return {
    pairs: type !== 'semi' && type !== 'anti',
    loneHeld: lone[type].includes(held),
    loneStreamed: lone[type].includes(streamed),
    onceHeld: type === 'semi' && held === 'left',
    onceStreamed: type === 'semi' && held === 'right',
  }
}

/** Whether rows of a side reach the output without a match. */
export function keepsLone(type: JoinType, side: JoinSideName): boolean {
  return lone[type].includes(side)
}
