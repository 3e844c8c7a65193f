import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invocation, shellWord } from '../../../bin/commands/invocation.ts'

let directory = ''
let script = ''

beforeAll(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'quern-call-')))
  script = path.join(directory, 'lib', 'dist', 'bin', 'quern.js')
  fs.mkdirSync(path.dirname(script), { recursive: true })
  fs.writeFileSync(script, '')
  for (const bin of ['global', 'app/node_modules/.bin', 'empty'])
    fs.mkdirSync(path.join(directory, bin), { recursive: true })
  fs.mkdirSync(path.join(directory, 'app', 'deep'), { recursive: true })
  fs.symlinkSync(script, path.join(directory, 'global', 'quern'))
  fs.symlinkSync(script, path.join(directory, 'app/node_modules/.bin/quern'))
})

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))

const call = (cwd: string, ...bins: string[]) =>
  invocation(
    { cwd: path.join(directory, cwd), env: { PATH: bins.map((bin) => path.join(directory, bin)).join(':') } },
    script,
  )

describe('the command to type next', () => {
  it('is quern where that is on the PATH, npx quern where npm put it, node and a path elsewhere', () => {
    expect(call('empty', 'empty', 'global')).toBe('quern')
    expect(call('app/deep', 'empty')).toBe('npx quern')
    // npx itself puts the folder on the PATH of what it runs, but the shell that comes after does not have it.
    expect(call('app', 'app/node_modules/.bin')).toBe('npx quern')
    expect(call('lib', 'empty')).toBe('node dist/bin/quern.js')
    expect(call('app/deep/..', '')).toBe('npx quern')
  })

  it('names a far script by its whole path, and a TypeScript one with its loader', () => {
    const far = invocation({ cwd: '/', env: {} }, '/opt/my tools/a/quern.js')
    expect(far).toBe("node 'opt/my tools/a/quern.js'")
    expect(invocation({ cwd: '/a/b/c', env: {} }, '/opt/x/quern.js')).toBe('node /opt/x/quern.js')
    expect(invocation({ cwd: '/work', env: {} }, '/work/bin/quern.ts')).toBe('npx tsx bin/quern.ts')
    expect(invocation({ cwd: '/', env: {} }, '/usr/lib/vitest.mjs')).toBe('quern')
    expect(invocation({ cwd: '/', env: {} }, undefined)).toBe(invocation({ cwd: '/', env: {} }))
  })
})

describe('a word for the shell', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0')),
          { maxLength: 5 },
        ),
        (words) => {
          const printed = execFileSync('sh', ['-c', `printf '%s\\n.\\n' ${words.map(shellWord).join(' ')}`])
          expect(printed.toString()).toBe(words.length === 0 ? '\n.\n' : words.map((word) => `${word}\n.\n`).join(''))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is left alone where nothing needs quotes', () => {
    expect(shellWord('/a/b-1.txt')).toBe('/a/b-1.txt')
    expect(shellWord('part-*')).toBe("'part-*'")
    expect(shellWord('')).toBe("''")
  })
})
