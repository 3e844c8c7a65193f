import { describe, expect, it } from 'vitest'
import { MrError } from '../../../mapreduce/base/errors.ts'
import { type GivenParams, type ParamSpecs, resolveParams } from '../../../mapreduce/master/load-params.ts'

const specs: ParamSpecs = {
  pattern: { type: 'string', required: true, describe: 'what to look for' },
  limit: { type: 'number', default: 10, describe: 'how many' },
  invert: { type: 'boolean', describe: 'the others' },
  deep: { type: 'boolean', default: true, describe: 'all levels' },
  label: { type: 'string', describe: 'a label' },
}

const resolve = (given: GivenParams) => resolveParams(specs, given, 'grep')

function refusal(given: GivenParams, of: ParamSpecs | undefined = specs): string {
  try {
    resolveParams(of, given, 'grep')
  } catch (error) {
    if (error instanceof MrError && error.code === 'MR_BAD_PARAM' && error.exitCode === 2) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('parameters of a job', () => {
  it('have the types the job names, and its defaults', () => {
    expect(resolve({ pattern: 'a=b' })).toEqual({
      pattern: 'a=b',
      limit: 10,
      invert: false,
      deep: true,
      label: undefined,
    })
    expect(resolve({ pattern: '', limit: ' -2.5e3 ', invert: undefined, deep: 'No', label: '7' })).toEqual({
      pattern: '',
      limit: -2500,
      invert: true,
      deep: false,
      label: '7',
    })
  })

  it.each<[GivenParams, string]>([
    [{}, 'The job grep needs -p pattern=<string> (what to look for).'],
    [{ pattern: undefined }, '-p pattern: there is no value; write -p pattern=<value>'],
    [{ pattern: 'x', limit: undefined }, '-p limit: there is no value; write -p limit=<number>'],
    [{ pattern: 'x', limit: 'many' }, '-p limit=many: "many" is not a number (how many)'],
    [{ pattern: 'x', limit: '' }, '"" is not a number'],
    [{ pattern: 'x', limit: '0x10' }, 'is not a number'],
    [{ pattern: 'x', invert: 'maybe' }, '-p invert=maybe: "maybe" is neither true nor false'],
    [
      { patern: 'x' },
      '-p patern: the job grep has no such parameter. Did you mean pattern? The job grep takes:\n  -p pattern=<string>  what to look for',
    ],
    [{ pattern: 'x', toString: '1' }, '-p toString: the job grep has no such parameter.'],
  ])('%j is refused', (given, says) => {
    expect(refusal(given)).toContain(says)
  })

  it('are refused by a job that takes none', () => {
    expect(refusal({ x: '1' }, {})).toBe('-p x: the job grep has no such parameter. The job grep takes none.')
  })
})
