import fs from 'node:fs/promises'
import { expect } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'
import { blockFiles, drive, type KillingGround, type Moment, nextJob, outside, visible } from './killed-process.ts'

const tmp = ['tmp/', `tmp/quern-${process.getuid?.()}/`]

/** What may stand outside the DFS: the whole output or nothing, and the empty place for temporary files. */
function allowed({ kind, expected }: KillingGround, done: boolean): string[] {
  if (kind === 'dfs' || !done) return tmp
  return ['made/', 'made/out/', ...Object.keys(expected).map((name) => `made/out/${name}`), ...tmp]
}

async function removeOutput({ place, kind }: KillingGround): Promise<void> {
  if (kind === 'local') {
    await fs.rm(place.at('made'), { recursive: true, force: true })
    return
  }
  const dfs = await openDfs({ root: place.at('root'), create: false })
  await dfs.delete('/made', { recursive: true })
  await dfs.close()
}

/**
 * Kills a job's process once a moment. Each time: no half output to be seen, and after the next job nothing left of it.
 * Returns how often the output was there afterwards.
 */
export async function killRounds(
  ground: KillingGround,
  moments: readonly Moment[],
  overwrite: boolean,
): Promise<number> {
  let committed = 0
  const blocksAtRest = ground.kind === 'dfs' ? await blockFiles(ground.place) : 0
  // What is overwritten has to be there; the rounds before may have ended without.
  if (overwrite && Object.keys(await visible(ground)).length === 0) await drive(ground, false, undefined)
  for (const moment of moments) {
    const about = `killed ${moment.ms.toFixed(1)} ms after ${moment.after}`
    if (!overwrite) await removeOutput(ground)
    const done = await drive(ground, overwrite, moment)
    const seen = await visible(ground)
    // An overwriting commit may have been stopped between its two renames: then nothing is to be seen until the sweep.
    if (Object.keys(seen).length > 0) expect(seen, about).toEqual(ground.expected)
    if (done) expect(seen, about).toEqual(ground.expected)
    await nextJob(ground)
    const after = await visible(ground)
    const there = Object.keys(after).length > 0
    if (there) expect(after, about).toEqual(ground.expected)
    if (overwrite) expect(there, about).toBe(true)
    expect(await outside(ground), about).toEqual(allowed(ground, there))
    if (there) committed++
  }
  if (ground.kind === 'dfs') {
    await removeOutput(ground)
    await drive(ground, false, undefined)
    expect(await blockFiles(ground.place)).toBe(blocksAtRest)
  }
  return committed
}

/** `count` moments spread at random over the run, or over the beginning of the commit. */
export function randomMoments(count: number, after: Moment['after'], withinMs: number): Moment[] {
  return Array.from({ length: count }, () => ({ after, ms: Math.random() * withinMs }))
}
