import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeFinished } from '../../../mapreduce/master/finished-map.ts'
import { KEPT_DAYS } from '../../../mapreduce/master/kept-maps.ts'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

let place: Place
let options: Omit<RunJobOptions, 'openDfs'>
beforeEach(async () => {
  place = await makePlace()
  await place.write(
    'in/a',
    Array.from({ length: 4000 }, (_, line) => `w${line % 97} ${line === 77 ? 'x' : 'y'}\n`).join(''),
  )
  await place.write('trace', '')
  await fs.copyFile(fixture('resumable-job.mjs'), place.at('job.mjs'))
  options = {
    moduleUrl: place.at('job.mjs'),
    jobName: 'resumable',
    params: { broken: place.at('broken'), trace: place.at('trace'), hang: place.at('hang') },
    inputs: [{ kind: 'local', path: place.at('in') }],
    output: { kind: 'local', path: place.at('out') },
    overwrite: true,
    workers: 1,
    reducers: 2,
    memoryBytes: 16 * 1024 * 1024,
    splitBytes: 5500,
    taskAttempts: 1,
    resume: true,
  }
})
afterEach(() => place[Symbol.asyncDispose]())

const run = (more: Partial<RunJobOptions> = {}): Promise<JobReport> => place.run({ ...options, ...more }, { worker })
const failure = async (more: Partial<RunJobOptions> = {}): Promise<string> => {
  await place.write('broken', '')
  const message = await run(more).then(
    () => 'it did not fail',
    (error: unknown) => String(error),
  )
  await fs.rm(place.at('broken'))
  await place.write('trace', '')
  return message
}
/** The tasks whose map ran since the last failure. */
const mapped = async (): Promise<string[]> => {
  const text = await fs.readFile(place.at('trace'), 'utf8')
  return text.split('\n').slice(0, -1).sort()
}
const parts = async (): Promise<string> =>
  (await fs.readFile(place.at('out/part-r-00000'), 'latin1')) +
  (await fs.readFile(place.at('out/part-r-00001'), 'latin1'))
const kept = (): Promise<string[]> => fs.readdir(place.scratchBase)
async function keptFiles(): Promise<string[]> {
  const [only, ...more] = await kept()
  if (only === undefined || more.length > 0) throw new Error(`kept are ${only} and ${more.join(', ')}`)
  return (await fs.readdir(`${place.scratchBase}/${only}`)).map((name) => `${place.scratchBase}/${only}/${name}`)
}

describe('a failed job that is run again with --resume', () => {
  it('runs none of the finished maps again, says so, and gives the same bytes and counters', async () => {
    const whole = await run({ resume: false })
    const expected = await parts()
    expect(await kept()).toEqual([])
    expect(await failure()).toMatch(
      /5 finished maps are kept for 7 days \(\d+ bytes in .*\): the same command with --resume/,
    )
    const report = await run({ workers: 2 })
    expect(await mapped()).toEqual([])
    expect(await parts()).toBe(expected)
    expect(report.notes).toEqual(['Resumed: 5 of 5 maps were finished by an earlier run and not run again.'])
    expect(report.userCounters).toEqual(whole.userCounters)
    expect(report.counters).toMatchObject({
      'resumed-maps': 5,
      'launched-maps': 0,
      'map-input-records': whole.counters['map-input-records'],
    })
    expect(await kept()).toEqual([])
  })

  it('and fails again keeps them again, also the ones it took over', async () => {
    await failure()
    expect(await failure()).toContain('5 finished maps are kept')
    expect((await keptFiles()).length).toBe(11)
    await run()
    expect(await mapped()).toEqual([])
  })

  it('brings the records that were set aside along', async () => {
    await fs.appendFile(place.at('in/a'), 'bad one\n')
    await failure({ skipBad: 5 })
    const report = await run({ skipBad: 5 })
    expect(await mapped()).toEqual([])
    expect(report.counters['skipped-records']).toBe(1)
    expect(JSON.parse(await fs.readFile(place.at('out/_skipped'), 'utf8'))).toMatchObject({ text: 'bad one' })
  })

  it.each<[string, () => Promise<Partial<RunJobOptions>>]>([
    [
      'the input',
      async () => {
        // As long as before: only its time tells.
        const text = await fs.readFile(place.at('in/a'), 'utf8')
        await fs.writeFile(place.at('in/a'), text.replace('x', 'z'))
        return {}
      },
    ],
    [
      'the job',
      async () => {
        await fs.copyFile(place.at('job.mjs'), place.at('job2.mjs'))
        await fs.appendFile(place.at('job2.mjs'), '\n// changed\n')
        return { moduleUrl: place.at('job2.mjs') }
      },
    ],
    ['the splits', async () => ({ splitBytes: 7500 })],
  ])('runs all maps when %s changed', async (_, change) => {
    await failure()
    const report = await run(await change())
    expect(report.counters['resumed-maps']).toBe(0)
    expect((await mapped()).length).toBe(report.maps)
    expect(report.notes[0]).toMatch(/^Nothing was there to resume from/)
  })

  it('runs those maps again whose run is gone, cut, flipped, or whose record is damaged', async () => {
    await run({ resume: false })
    const expected = await parts()
    await failure()
    const file = async (end: string): Promise<string> => {
      const found = (await keptFiles()).find((name) => name.endsWith(end))
      if (found === undefined) throw new Error(`nothing was kept as ${end}`)
      return found
    }
    const flip = async (name: string, at: number): Promise<void> => {
      const bytes = await fs.readFile(name)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await fs.writeFile(name, bytes)
    }
    await fs.rm(await file('map-0.1.run'))
    await fs.truncate(await file('map-1.1.run'), 100)
    await flip(await file('map-2.1.run'), 200)
    await flip(await file('map-3.1.finished'), 40)
    const report = await run()
    expect(await parts()).toBe(expected)
    // The flipped run is found when it is read.
    expect(report.counters['resumed-maps']).toBe(2)
    expect(await mapped()).toEqual(['0', '1', '2', '3'])
  })

  it('leaves nothing when it is cancelled', async () => {
    await failure()
    await place.write('hang', '')
    const controller = new AbortController()
    await expect(
      run({
        signal: controller.signal,
        onProgress: ({ phase }) => {
          if (phase === 'reduce') controller.abort()
        },
      }),
    ).rejects.toMatchObject({ code: 'MR_CANCELLED' })
    expect(await kept()).toEqual([])
  })

  it('leaves nothing at all when nobody asked for it', async () => {
    expect(await failure({ resume: false })).not.toContain('kept')
    expect(await kept()).toEqual([])
  })

  it('says that it does nothing for a job without reduce', async () => {
    await place.write('map-only.mjs', 'export default { map() {} }')
    const { reducers: _, ...mapOnly } = options
    const report = await place.run({ ...mapOnly, moduleUrl: place.at('map-only.mjs'), params: {} }, { worker })
    expect(report.notes[0]).toContain('--resume has no effect')
  })

  it('forgets what nobody came back for', async () => {
    await failure()
    const [directory] = await kept()
    const old = new Date(Date.now() - (KEPT_DAYS * 86_400 + 60) * 1000)
    await fs.utimes(`${place.scratchBase}/${directory}`, old, old)
    const report = await run()
    expect(report.counters['resumed-maps']).toBe(0)
    expect(await kept()).toEqual([])
  })
})

describe('a job whose process was killed', () => {
  const drive = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, [fixture('job-driver.mjs'), JSON.stringify({ ...options, root: '' })], {
      env: { ...process.env, QUERN_TMP: place.at() },
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  it('is resumed from the maps it had finished, whoever cleared up in between', async () => {
    await run({ resume: false })
    const expected = await parts()
    await place.write('hang', '')
    const child = drive()
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
    })
    while (!said.includes('reduce')) await sleep(20)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await fs.rm(place.at('hang'))
    await place.write('trace', '')
    // The child's place for temporary files is the user's own directory below QUERN_TMP.
    const base = place.at(`quern-${process.getuid?.() ?? ''}`)
    await place.run({ resume: false, output: { kind: 'local', path: place.at('other') } }, { scratchBase: base })
    expect((await fs.readdir(base)).map((name) => name.slice(0, 5))).toEqual(['kept-'])
    // The same build of the engine, or what it left would not be trusted.
    const [code] = await once(drive(), 'exit')
    expect(code).toBe(0)
    expect(await mapped()).toEqual([])
    expect(await parts()).toBe(expected)
    expect(await fs.readdir(base)).toEqual([])
  })
})

const crcOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')

describe('the record of a finished map', () => {
  it('is taken for none when it is torn, of another version, or promises more than its run can hold', () => {
    const json = (more: object): string =>
      JSON.stringify({
        map: 0,
        key: 'k',
        runBytes: 10,
        slices: [[8, 2, 1]],
        counters: {},
        userCounters: {},
        skipped: 0,
        ...more,
      })
    const line = (text: string, version = 1, crc?: string): string => `QFIN ${version} ${crc ?? crcOf(text)} ${text}\n`
    expect(decodeFinished(line(json({})))).toMatchObject({ map: 0, runBytes: 10 })
    for (const bad of [
      '',
      line(json({})).slice(0, -2),
      line(json({}), 2),
      line(json({}), 1, '00000000'),
      line('null'),
      line('{}'),
      line(json({ slices: [[8, 3, 1]] })),
      line(json({ slices: [[8, -3, 1]] })),
      line(json({ counters: { x: 'y' } })),
    ]) {
      expect(decodeFinished(bad), bad).toBeUndefined()
    }
  })
})
