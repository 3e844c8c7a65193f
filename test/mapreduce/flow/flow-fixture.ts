import fs from 'node:fs/promises'
import path from 'node:path'
import type { JobReport, RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { type FakeSeams, makePlace, type Place } from '../master/run-job-fixture.ts'

export const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
const face = new URL('../../../dist/mapreduce/index.js', import.meta.url).href

/** A place to run flows in, each written as a module. */
export class Flows implements AsyncDisposable {
  readonly place: Place
  #runs = 0

  private constructor(place: Place) {
    this.place = place
  }

  static async make(): Promise<Flows> {
    return new Flows(await makePlace())
  }

  /** `body` is what stands behind `export default`. */
  async module(body: string): Promise<string> {
    return await this.place.write(
      `flow-${this.#runs++}.mjs`,
      `import * as quern from '${face}'\nconst { count, csv, defineFlow, desc, jsonl, sum, tsv } = quern\nexport default ${body}\n`,
    )
  }

  /** What the parts hold, one after the other. */
  async run(
    body: string,
    inputs: Readonly<Record<string, string>>,
    options: Partial<RunJobOptions> = {},
    seams: FakeSeams = {},
  ): Promise<{ report: JobReport; parts: string[] }> {
    const moduleUrl = await this.module(body)
    const run = `run-${this.#runs}`
    const names = Object.keys(inputs)
    const files = await Promise.all(
      names.map(async (name) => ({
        kind: 'local' as const,
        path: await this.place.write(`${run}/${name}`, inputs[name] ?? ''),
        ...(names.length > 1 ? { name } : {}),
      })),
    )
    const output = this.place.at(run, 'out')
    const report = await this.place.run(
      { moduleUrl, jobName: 'flow', inputs: files, output: { kind: 'local', path: output }, ...options },
      { worker, ...seams },
    )
    const parts = (await fs.readdir(output)).filter((name) => name.startsWith('part-')).sort()
    return { report, parts: await Promise.all(parts.map((name) => fs.readFile(path.join(output, name), 'utf8'))) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]()
  }
}
