import { describe, expect, test } from 'vitest'
import { contentSections } from './file-system-content.ts'
import { SuiteGround, type SuiteSubject } from './file-system-ground.ts'
import { nameSections } from './file-system-names.ts'

/**
 * What every `FileSystem` promises. `open` gives an empty one with blocks of 8 KiB and at least two datanodes. Each test has
 * a directory of its own.
 */
export function fileSystemSuite(name: string, open: () => Promise<SuiteSubject>): void {
  describe(`${name} is a file system`, () => {
    const ground = new SuiteGround(open)
    contentSections(ground)
    nameSections(ground)

    test('the whole is told', async () => {
      const { capacity, used, remaining } = await ground.fs.status()
      expect(capacity).toBeGreaterThan(0)
      expect(used).toBeGreaterThan(0)
      expect(remaining).toBeLessThanOrEqual(capacity)
      expect(await ground.fs.serverDefaults()).toMatchObject({ blockSize: 8192, trashInterval: 0 })
      expect(await ground.fs.home()).toBe(`/user/${ground.fs.user}`)
      expect((await ground.fs.stat('/')).path).toBe('/')
    })
  })
}
