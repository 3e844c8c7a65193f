/** `quern dfs start` on a root that ran before begins datanodes beside the namenode, and leaves none behind without one. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { findProcesses } from '../../../../dfs/index.ts'
import { removeRoots, temporaryRoot } from '../../../dfs/harness.ts'

afterAll(removeRoots)

const quern = fileURLToPath(new URL('../../../../dist/bin/quern.js', import.meta.url))

const run = (...words: string[]): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [quern, 'dfs', ...words], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, said: stdout + stderr })
    })
  })

test('a namenode that can not start takes the datanodes begun beside it along; the next start has them all', async () => {
  const root = await temporaryRoot()
  const start = ['start', '--root', root, '--datanodes', '2', '--http-port']
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  try {
    expect((await run(...start, '0', '--set', 'leaseMillis=5000,replication=1')).code).toBe(0)
    const again = await run(...start, '0', '--set', 'replication=default')
    expect(again.said).toContain('namenode, dn1, dn2 ran already, and takes what was set when it is started anew')
    expect((await run('stop', '--root', root)).code).toBe(0)
    expect((await run('status', '--json', '--root', root)).said).toContain('"leaseMillis": 5000\n')

    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const failed = await run(...start, port)
    expect(failed).toMatchObject({ code: 1, said: expect.stringContaining('namenode did not start') })
    expect(await findProcesses(root)).toMatchObject({ namenode: undefined, datanodes: [], absent: ['dn1', 'dn2'] })

    expect(await run(...start, '0')).toMatchObject({ code: 0, said: expect.stringContaining('and 2 datanodes') })
    // What was set at a start is so at the next, too.
    expect((await run('status', '--root', root)).said).toContain('\nSettings   leaseMillis=5000\n')
  } finally {
    await run('stop', '--root', root)
    taken.close()
  }
})
