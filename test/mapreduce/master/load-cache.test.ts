import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BundleCache, defaultCacheDirectory } from '../../../mapreduce/master/load-cache.ts'

let directory = ''
let jobs = ''
let input = ''
const bundle = Buffer.from('export default {}')

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-cache-'))
  jobs = path.join(directory, 'mine', 'jobs')
  input = path.join(directory, 'job.ts')
  fs.writeFileSync(input, 'source')
  fs.utimesSync(input, 1, 1)
})

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

/** Later than any file written so far, as a bundler's start is. */
const later = () => Date.now() + 1000
const mode = (file: string) => fs.statSync(file).mode & 0o777

describe('the cache of bundled jobs', () => {
  it('lies in a place of the user alone', () => {
    new BundleCache(jobs)
    expect(mode(jobs)).toBe(0o700)
    expect(mode(path.dirname(jobs))).toBe(0o700)
    expect(defaultCacheDirectory().startsWith(os.tmpdir())).toBe(true)
  })

  it('closes a directory others could write to', () => {
    fs.mkdirSync(jobs, { recursive: true })
    fs.chmodSync(jobs, 0o777)
    new BundleCache(jobs)
    expect(mode(jobs)).toBe(0o700)
  })

  it('is not used where somebody put a link or a file in its place', () => {
    fs.mkdirSync(path.join(directory, 'theirs'))
    fs.symlinkSync(path.join(directory, 'theirs'), path.join(directory, 'mine'))
    expect(() => new BundleCache(jobs)).toThrow(/not a directory of your own.*set TMPDIR/s)
    fs.rmSync(path.join(directory, 'mine'))
    fs.writeFileSync(path.join(directory, 'mine'), '')
    expect(() => new BundleCache(jobs)).toThrow(expect.objectContaining({ code: 'MR_IO' }))
  })

  it('gives back what was stored while the inputs are as they were', () => {
    const cache = new BundleCache(jobs)
    expect(cache.find('key')).toBeUndefined()
    const file = cache.store('key', bundle, [input], later())
    expect(fs.readFileSync(file)).toEqual(bundle)
    expect(cache.find('key')).toBe(file)
    expect(cache.find('other key')).toBeUndefined()
    expect(fs.readdirSync(jobs).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('sees an edit, a deletion, and a settings file that appears', () => {
    const cache = new BundleCache(jobs)
    const settings = path.join(directory, 'tsconfig.json')
    const store = () => cache.store('key', bundle, [input, settings], later())
    store()
    fs.writeFileSync(input, 'another source')
    expect(cache.find('key')).toBeUndefined()
    store()
    expect(cache.find('key')).toBeDefined()
    fs.writeFileSync(settings, '{}')
    expect(cache.find('key')).toBeUndefined()
    store()
    fs.rmSync(input)
    expect(cache.find('key')).toBeUndefined()
  })

  it('sees an edit that keeps length and times, when it came right around the bundling', () => {
    const cache = new BundleCache(jobs)
    const bundledAt = fs.statSync(input).ctimeMs + 1
    cache.store('key', bundle, [input], bundledAt)
    const record = path.join(jobs, fs.readdirSync(jobs).find((name) => name.endsWith('.json')) ?? '')
    fs.writeFileSync(input, 'ecruos')
    const { mtimeMs, ctimeMs } = fs.statSync(input)
    const stored = JSON.parse(fs.readFileSync(record, 'utf8'))
    Object.assign(stored, { bundledAtMs: ctimeMs + 1 })
    Object.assign(stored.inputs[0], { mtimeMs, ctimeMs })
    fs.writeFileSync(record, JSON.stringify(stored))
    expect(cache.find('key')).toBeUndefined()
  })

  it('remembers nothing of inputs edited while the bundler ran', () => {
    const cache = new BundleCache(jobs)
    cache.store('key', bundle, [input], fs.statSync(input).ctimeMs - 1)
    expect(cache.find('key')).toBeUndefined()
  })

  it.each(['{', '{}', '{"version":99}', '{"version":1,"bundledAtMs":1,"bundle":"../../evil","inputs":[]}'])(
    'does not believe a damaged record %s',
    (text) => {
      const cache = new BundleCache(jobs)
      cache.store('key', bundle, [input], later())
      const record = fs.readdirSync(jobs).find((name) => name.endsWith('.json')) ?? ''
      fs.writeFileSync(path.join(jobs, record), text)
      expect(cache.find('key')).toBeUndefined()
    },
  )

  it('does not run a bundle whose bytes changed', () => {
    const cache = new BundleCache(jobs)
    const file = cache.store('key', bundle, [input], later())
    fs.appendFileSync(file, '// more')
    expect(cache.find('key')).toBeUndefined()
  })

  it('drops what nobody used for a month, and keeps the rest', () => {
    const cache = new BundleCache(jobs)
    const old = path.join(jobs, `${'0'.repeat(64)}.mjs`)
    const recent = path.join(jobs, `${'1'.repeat(64)}.mjs`)
    fs.writeFileSync(old, '')
    fs.writeFileSync(recent, '')
    const days = (count: number) => new Date(Date.now() - count * 86_400_000)
    fs.utimesSync(old, days(31), days(31))
    fs.utimesSync(recent, days(20), days(20))
    cache.store('key', bundle, [input], later())
    expect(fs.existsSync(old)).toBe(false)
    expect(fs.existsSync(recent)).toBe(true)
  })

  it('says what to do when nothing can be written', () => {
    const cache = new BundleCache(jobs)
    fs.rmSync(jobs, { recursive: true })
    expect(() => cache.store('key', bundle, [input], later())).toThrow(/Cannot keep the bundled job.*set TMPDIR/)
    expect(() => new BundleCache(path.join(input, 'x', 'jobs'))).toThrow(/Cannot make the directory/)
  })

  it('says so when its directory can not be made', () => {
    fs.mkdirSync(path.join(directory, 'mine'), { mode: 0o700 })
    fs.symlinkSync('/proc/self/nowhere/deeper', jobs)
    expect(() => new BundleCache(jobs)).toThrow(/not a directory of your own/)
    expect(() => new BundleCache('/proc/quern/jobs')).toThrow(
      /Cannot make the directory for bundled jobs.*set TMPDIR/is,
    )
  })
})
