import { expect, it } from 'vitest'
import { DiskTrials } from './disk-trials.ts'

/** A run file is its header (8 bytes), then blocks: length, checksum (4 bytes each), records. The ends of each are in it. */
it('a run of a finished map that is cut or flipped anywhere is made again; output and counters are right, once', async () => {
  await using trials = await DiskTrials.of('a word count')
  const { report } = await trials.run()
  const maps = report?.counters['launched-maps'] ?? Number.NaN
  const places = [0, 3, 4, 7, 8, 9, 11, 12, 15, 16, 100, 5000, -5, -1]
  for (const at of places) {
    for (const how of ['cut', 'flip'] as const) {
      if (how === 'cut' && at < 0) continue
      const harmed = await trials.checkHarmed({ name: '.run', how, at })
      // A reduce goes to its slice at once: of the header it needs nothing.
      const again = how === 'flip' && at >= 0 && at < 8 ? 0 : 1
      expect.soft(harmed.counters, `${how} at ${at}`).toMatchObject({
        'launched-maps': maps + again,
        'launched-reduces': 1 + again,
      })
    }
  }
})
