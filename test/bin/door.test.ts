import { describe, expect, it } from 'vitest'
import type { CommandEntry } from '../../bin/commands/table.ts'
import { commands } from '../../bin/commands/table.ts'
import { enter } from '../../bin/door.ts'
import { OutputClosed } from '../../bin/terminal/output.ts'
import { DfsError } from '../../dfs/base/errors.ts'
import { MrError } from '../../mapreduce/base/errors.ts'
import { LeavingSink, memoryIo } from './support/memory-io.ts'

const io = (env: Record<string, string> = {}) => {
  const made = memoryIo({ cwd: '/', root: '/none' })
  return { ...made, env: { ...made.env, ...env } }
}

function throwing(error: unknown): CommandEntry[] {
  const command = { name: 'fail', summary: '', run: () => Promise.reject(error) }
  return [{ name: 'fail', summary: 'fails', load: () => Promise.resolve(command) }]
}

describe('the door', () => {
  it.each([
    [new MrError('MR_USAGE', 'no such option'), 2, 'quern: no such option\n'],
    [new MrError('MR_JOB_FAILED', 'the job failed\n  at job.ts:3'), 1, 'quern: the job failed\n  at job.ts:3\n'],
    [new DfsError('DFS_LOCKED', 'held by process 7'), 1, 'quern: held by process 7\n'],
    [
      new TypeError('x is not a function\nmore'),
      1,
      'quern: x is not a function\nquern: unexpected; QUERN_DEBUG=1 shows where\n',
    ],
    [new Error(''), 1, 'quern: Error\nquern: unexpected; QUERN_DEBUG=1 shows where\n'],
    ['a string', 1, 'quern: a string\nquern: unexpected; QUERN_DEBUG=1 shows where\n'],
    [new OutputClosed('gone'), 0, ''],
    [Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 0, ''],
  ])('turns %o into code %d', async (error, code, err) => {
    const world = io()
    expect(await enter(['fail'], world, throwing(error))).toBe(code)
    expect(world.stderr.text).toBe(err)
  })

  it('shows the stack and the causes when asked', async () => {
    const world = io({ QUERN_DEBUG: '1' })
    await enter(['fail'], world, throwing(new DfsError('DFS_IO', 'outer', { cause: new Error('inner') })))
    expect(world.stderr.text).toMatch(/^quern: outer\nDfsError: outer\n {4}at [\s\S]*\ncaused by Error: inner\n {4}at /)
  })

  it('still ends with the right code when nobody reads stderr', async () => {
    const world = { ...io(), stderr: new LeavingSink(0) }
    expect(await enter(['fail'], world, throwing(new MrError('MR_USAGE', 'x')))).toBe(2)
  })

  it('lets no failure through that came of a reader who left', async () => {
    const world = { ...io(), signal: AbortSignal.abort(new OutputClosed('gone')) }
    expect(await enter(['fail'], world, throwing(new Error('aborted')))).toBe(0)
    expect(world.stderr.text).toBe('')
  })

  it('lists exactly the commands it has, each of which loads and is called so', async () => {
    const world = io()
    expect(await enter(['help'], world)).toBe(0)
    const listed = [...world.stdout.text.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name)
    expect(listed.slice(0, commands.length)).toEqual(commands.map(({ name }) => name))
    for (const { name, summary, load } of commands) {
      expect(summary).not.toBe('')
      expect((await load()).name).toBe(name)
    }
  })

  it.each(['pipe', 'stream', 'search', 'history'])('does not know %s, which is not built', async (name) => {
    const world = io()
    expect(await enter([name], world)).toBe(2)
    expect(world.stderr.text).toContain(`unknown command '${name}'`)
  })

  it('hands help on to a command', async () => {
    const world = io()
    expect(await enter(['help', 'dfs'], world)).toBe(0)
    expect(world.stdout.text).toContain('Usage: quern dfs')
  })
})
