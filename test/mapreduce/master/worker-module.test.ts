import { afterEach, describe, expect, it } from 'vitest'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from './run-job-fixture.ts'

let place: Place | undefined
afterEach(() => place?.[Symbol.asyncDispose]())

describe('the worker entry runs', () => {
  it.each([
    {
      form: 'compiled, as users have it',
      module: workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href),
    },
    { form: 'from TypeScript, in a checkout', module: workerModule() },
  ])('$form', async ({ module }) => {
    place = await makePlace()
    await place.write('in/a', 'one two\none\n')
    const report = await place.run(
      { moduleUrl: new URL('./fixtures/word-index-job.mjs', import.meta.url).href },
      { worker: module },
    )
    expect(report).toMatchObject({ output: { records: 2 }, notes: [] })
  })
})
