import type { Arena } from './arena.ts'
import type { Kernels } from './kernels.ts'
import { plainKernels } from './plain.ts'
import { wasmKernels } from './wasm.ts'

/** The fastest kernels this machine has; QUERN_KERNELS=plain asks for those in TypeScript. */
export function chooseKernels(arena: Arena): Kernels {
  if (process.env['QUERN_KERNELS'] === 'plain') return plainKernels(arena)
  return wasmKernels(arena) ?? plainKernels(arena)
}
