import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDfs } from '../../../dfs/index.ts'

/** The compiled command as a process of its own, with real signals. */
const script = path.join(import.meta.dirname, '../../../dist/bin/quern.js')
/** Waits where it is told to; `reached` says that it does. */
const source = `
  import { writeFileSync } from 'node:fs'
  const at = (place, ctx) => {
    if (ctx.params.at !== place) return
    writeFileSync(ctx.params.reached, '')
    if (place === 'spin') for (;;);
    return place === 'cleanup' ? undefined : new Promise(() => {})
  }
  export default {
    params: { at: { type: 'string', describe: '' }, reached: { type: 'string', describe: '' } },
    outputs: { more: { output: 'tsv' } },
    map(line, emit, ctx) {
      for (const word of line.words()) emit(word, 1)
      at('spin', ctx)
      return at('map', ctx)
    },
    reduce(word, ones, emit, ctx) {
      emit(word)
      ctx.write('more', word)
      return at('reduce', ctx)
    },
    cleanup(_emit, ctx) {
      return at('cleanup', ctx)
    },
  }`

let directory = ''
let inDfs = ''
beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-cancel-'))
  for (const name of ['tmp', 'made']) fs.mkdirSync(path.join(directory, name))
  fs.writeFileSync(path.join(directory, 'job.mjs'), source)
  fs.writeFileSync(path.join(directory, 'in'), 'some words\n'.repeat(2000))
  inDfs = path.join(directory, 'root')
  const dfs = await openDfs({ root: inDfs, datanodes: 1 })
  await dfs.close()
})
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

function start(place: string, output: string, ...more: string[]): ReturnType<typeof spawn> {
  const params = ['-p', `at=${place}`, '-p', `reached=${path.join(directory, 'reached')}`]
  const words = ['run', './job.mjs', '-i', 'in', '-o', output, ...params, '--root', inDfs, ...more]
  return spawn(process.execPath, [script, ...words], {
    cwd: directory,
    env: { ...process.env, QUERN_TMP: path.join(directory, 'tmp'), XDG_CACHE_HOME: path.join(directory, 'cache') },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function reached(): Promise<void> {
  while (!fs.existsSync(path.join(directory, 'reached'))) await sleep(5)
}

async function ended(child: ReturnType<typeof spawn>): Promise<{ code: unknown; said: string }> {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  return { code, said }
}

/** Temporary data, and whatever stands where output goes; hidden names too. */
const left = (): string[] => [
  ...fs.readdirSync(path.join(directory, 'made')),
  ...fs
    .readdirSync(path.join(directory, 'tmp'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('/')),
]

async function dfsEntries(): Promise<string[]> {
  const dfs = await openDfs({ root: inDfs, create: false })
  const entries = (await dfs.list('/')).map((entry) => entry.path)
  const { files } = await dfs.summary('/')
  await dfs.close()
  // Every file that is left counts, wherever it is.
  return files === 0 ? entries : [...entries, `${files} files`]
}

describe('Ctrl-C', () => {
  it.each([
    ['map', 'made/out'],
    ['spin', 'made/out'],
    ['reduce', 'made/deep/out'],
    ['reduce', 'dfs:/out'],
  ])('in %s with output to %s ends the job with 130 and leaves nothing', async (place, output) => {
    const child = start(place, output)
    const end = ended(child)
    await reached()
    child.kill('SIGINT')
    const { code, said } = await end
    expect(said).toMatch(/cancelled/)
    expect(code).toBe(130)
    expect(left()).toEqual([])
    expect(await dfsEntries()).toEqual([])
  })

  it.each(['made/out', 'dfs:/out'])('around the commit of %s leaves all of the output or nothing', async (output) => {
    for (const ms of [0, 12]) {
      fs.rmSync(path.join(directory, 'reached'), { force: true })
      const child = start('cleanup', output, '--overwrite', '-r', '3')
      const end = ended(child)
      await reached()
      await sleep(ms)
      child.kill('SIGINT')
      const { code } = await end
      const there = output.startsWith('dfs') ? (await dfsEntries()).length > 0 : left().length > 0
      // Once there, an earlier round's output stays.
      // A process that is done and on its way out dies of the signal itself.
      if (code === 0 || code === null) expect(there).toBe(true)
      else expect(code).toBe(130)
      if (there && !output.startsWith('dfs')) {
        expect(left()).toEqual(['out'])
        const names = fs.readdirSync(path.join(directory, 'made/out')).filter((name) => !name.startsWith('more-'))
        expect(names.sort()).toEqual(['_SUCCESS', 'part-r-00000', 'part-r-00001', 'part-r-00002'])
      }
    }
  })

  it('twice ends the process at once with 130; the next job clears up', async () => {
    const child = start('map', 'made/out')
    const end = ended(child)
    await reached()
    child.kill('SIGINT')
    child.kill('SIGINT')
    await sleep(1)
    child.kill('SIGINT')
    expect((await end).code).toBe(130)
    const { code } = await ended(start('nowhere', 'made/other'))
    expect(code).toBe(0)
    expect(left()).toEqual(['other'])
  })
})
