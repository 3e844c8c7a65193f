import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { command } from '../../../bin/commands/jobs.ts'
import { bundledJobs } from '../../../jobs/index.ts'
import { capturedIo } from '../support/captured-io.ts'

const LINES_MAX = 80

async function jobs(words: readonly string[], options: Parameters<typeof capturedIo>[0] = {}) {
  const io = capturedIo(options)
  const code = await command.run(words, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

describe('quern jobs', () => {
  it('lists the bundled jobs, a line each, with their parameters', async () => {
    expect(await jobs([])).toEqual({
      code: 0,
      err: '',
      out: [
        'wordcount  how often each word occurs',
        'grep       the lines that match a pattern, in input order',
        '           -p pattern=<string> [-p fixed] [-p ignoreCase] [-p invert] [-p file]',
        'sort       whole lines in one order over all parts, by bytes or by a field',
        '           [-p key=<number>] [-p separator=<string>] [-p numeric] [-p reverse]',
        'distinct   the different lines, or values of a field',
        '           [-p key=<number>] [-p separator=<string>]',
        'top        the most frequent words, lines or values of a field, or the lines with the greatest numbers; one part',
        '           [-p n=<number>] [-p lines] [-p key=<number>] [-p by=<number>] [-p separator=<string>]',
        'stats      min, mean, max and count of a number for each value of a field, exactly',
        '           [-p key=<number>] [-p value=<number>] [-p separator=<string>] [-p decimals=<number>]',
        'join       two inputs in CSV or JSON lines by named columns',
        '           [-p on=<string>] [-p leftKey=<string>] [-p rightKey=<string>] [-p leftColumns=<string>] [-p rightColumns=<string>] [-p type=<string>] [-p strategy=<string>]',
        'index      for each term the files it stands in, with counts',
        '',
        'More about one: quern jobs <name>. A job of your own is a path: quern run ./my-job.ts …',
        '',
      ].join('\n'),
    })
  })

  it('colours names on a terminal only', async () => {
    expect((await jobs([], { columns: 80 })).out).toContain('\u001b[36mwordcount\u001b[39m')
    expect((await jobs([], { columns: 80, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b')
  })

  it('tells about one: parameters, output, source, how to run it', async () => {
    const { out } = await jobs(['grep'])
    expect(out).toContain('grep: the lines that match a pattern, in input order')
    expect(out).toContain('  -p pattern=<string>  regular expression (JavaScript syntax) or plain text (required)')
    expect(out).toContain('Output: part-m-* files.')
    expect(out).toMatch(/Source: \/.*\/jobs\/grep\.ts\n/)
    expect(out).toContain('  quern run grep -p pattern=<string> -i PATH… -o PATH')
    expect((await jobs(['join'])).out).toContain('  quern run join -i left=PATH -i right=PATH -o PATH')
    expect((await jobs(['wordcount'])).out).toContain('It takes no parameters.\n\nOutput: part-r-* files.')
  })

  it('tells about a job of the user', async () => {
    const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'quern-jobs-'))
    const source = path.join(cwd, 'mine.mjs')
    fs.writeFileSync(
      source,
      "export default { describe: 'my own', params: { n: { type: 'number', default: 3, describe: 'how many' } }, map() {} }",
    )
    const { out } = await jobs(['./mine.mjs'], { cwd })
    expect(out).toContain('mine: my own')
    expect(out).toContain('-p n=<number>  how many (default 3)')
    expect(out).toContain(`quern run ${source} -i PATH… -o PATH`)
    fs.rmSync(cwd, { recursive: true })
  })

  it('gives JSON', async () => {
    const all: unknown[] = JSON.parse((await jobs(['--json'])).out)
    expect(all.map((job) => Object(job).name)).toEqual(bundledJobs.map(({ name }) => name))
    expect(JSON.parse((await jobs(['index', '--json'])).out)).toMatchObject({
      name: 'index',
      reduces: true,
      params: {},
    })
  })

  it('refuses what is no job', async () => {
    await expect(jobs(['grpe'])).rejects.toThrow('There is no job "grpe". Did you mean grep?')
    await expect(jobs(['a', 'b'])).rejects.toThrow(/too many arguments/)
  })
})

describe('the bundled jobs', () => {
  it('are what a user would write: short, and importing quern and each other alone', () => {
    for (const { moduleUrl } of bundledJobs) {
      const source = fs.readFileSync(new URL(moduleUrl), 'utf8')
      expect(source.split('\n').length).toBeLessThanOrEqual(LINES_MAX)
      const imports = [...source.matchAll(/from '(.*)'/g)].map(([, from]) => from)
      expect(imports).toContain('../mapreduce/index.ts')
      expect(imports.filter((from) => !/^(\.\.\/mapreduce\/index|\.\/[a-z-]+)\.ts$/.test(from ?? ''))).toEqual([])
    }
  })
})
