import type { BlockKey } from '../base/names.ts'
import type { Namespace } from './namespace.ts'

/**
 * Blocks and generations up to these have been given out, though nothing of the namespace says so: an older one was put
 * back. None of them is given again, or a replica that is there would be taken for another. The journal need not say it: the
 * next record with a higher number does.
 */
export function skipTo(state: Namespace, { block, generation }: BlockKey): void {
  state.nextBlock = Math.max(state.nextBlock, block + 1)
  state.nextGeneration = Math.max(state.nextGeneration, generation + 1)
}
