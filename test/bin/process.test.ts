import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The compiled command as users run it: what only a real process has, and no more. */
const script = join(import.meta.dirname, '../../dist/bin/quern.js')
let base: string

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'quern-process-'))
})

afterAll(async () => {
  await rm(base, { recursive: true, force: true })
})

const env = () => ({ ...process.env, QUERN_ROOT: join(base, 'root'), HADOOP_USER_NAME: 'me' })

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function quern(...words: string[]): Promise<Ended> {
  return run(process.execPath, [script, ...words])
}

/** A pipeline; `$Q` is the command, `$PIPESTATUS` the code of its first part. */
function shell(line: string): Promise<Ended> {
  return run('bash', ['-c', line])
}

function run(program: string, words: string[]): Promise<Ended> {
  const variables = { ...env(), Q: `${process.execPath} ${script}` }
  return new Promise((resolve) => {
    execFile(program, words, { env: variables, cwd: base }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
    })
  })
}

describe('quern', () => {
  it('tells its version, and loads nothing for it', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
    expect(await quern('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(await quern('-V')).toEqual({ code: 0, out: `${version}\n`, err: '' })
    const entry = readFileSync(script, 'utf8')
    const imports = [...entry.matchAll(/^import .* from ['"](.*)['"]/gm)].map(([, from]) => from)
    expect(imports).toEqual(['node:fs'])
  })

  it('explains itself, and an unknown command', async () => {
    const { code, out, err } = await quern('--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Usage: quern <command>/m)
    expect(await quern('jbos')).toEqual({
      code: 2,
      out: '',
      err: "quern: unknown command 'jbos'. Did you mean jobs? See quern --help.\n",
    })
    expect(await quern('--hepl')).toMatchObject({ code: 2, out: '' })
    expect(await quern()).toMatchObject({ code: 2, out: '' })
  })

  it('takes a file through a pipe in, and a pipe out', async () => {
    const { code, out } = await shell(
      'seq 100000 | $Q fs -put - /n && $Q fs -cat /n | tail -1 && $Q fs -get /n - | wc -l',
    )
    expect({ code, out: out.split(/\s+/) }).toEqual({ code: 0, out: ['100000', '100000', ''] })
  })

  it('ends quietly with 0 when its reader leaves', async () => {
    await shell('seq 2000000 | $Q fs -put -f - /long')
    expect(await shell('$Q fs -cat /long | head -1; echo $PIPESTATUS')).toEqual({
      code: 0,
      out: '1\n0\n',
      err: '',
    })
    expect(await shell('$Q --version | true; echo $PIPESTATUS')).toEqual({ code: 0, out: '0\n', err: '' })
    expect(await shell('$Q --help | true; echo $PIPESTATUS')).toEqual({ code: 0, out: '0\n', err: '' })
  })

  it('says when its output is full', async () => {
    await shell('echo x | $Q fs -put -f - /x')
    const { code, err } = await shell('$Q fs -cat /x > /dev/full')
    expect({ code, err }).toEqual({ code: 1, err: 'cat: write error: No space left on device\n' })
  })

  it("ends with Hadoop's codes under fs", async () => {
    expect(await quern('fs', '-ls', '/none')).toMatchObject({ code: 1, out: '' })
    expect(await quern('fs', '-nope')).toMatchObject({ code: 255, out: '' })
    expect(await quern('fs', '-test', '-e', '/none')).toEqual({ code: 1, out: '', err: '' })
  })
})

describe('a signal', () => {
  /** More than a pipe holds: once it is taken, the command is past its start, has the lock, and reads. */
  async function putThatWaits(target: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [script, 'fs', '-put', '-', target], { env: env(), cwd: base })
    const taken = new Promise<void>((resolve, reject) => {
      child.stdin.on('error', reject)
      child.stdin.write(Buffer.alloc(4 * 1024 * 1024), () => resolve())
    })
    const ended = once(child, 'close').then(([code]) => {
      throw new Error(`put ended with ${code} before it had read`)
    })
    await Promise.race([taken, ended])
    ended.catch(() => {})
    return child
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a put with %d and leaves no file', async (signal, code) => {
    await quern('fs', '-mkdir', '-p', '/')
    const child = await putThatWaits('/half')
    let err = ''
    child.stderr?.on('data', (chunk) => {
      err += chunk
    })
    child.kill(signal)
    expect(await once(child, 'close')).toEqual([code, null])
    expect(err).toBe('put: Interrupted\n')
    expect(await quern('fs', '-test', '-e', '/half')).toMatchObject({ code: 1, err: '' })
  })
})
