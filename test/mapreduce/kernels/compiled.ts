import type { Arena } from '../../../mapreduce/kernels/arena.ts'
import type { Kernels } from '../../../mapreduce/kernels/kernels.ts'
import { wasmKernels } from '../../../mapreduce/kernels/wasm.ts'

const binary = new URL('../../../dist/mapreduce/kernels/kernels.wasm', import.meta.url)

/** The WebAssembly kernels of the compiled install. */
export function compiledKernels(arena: Arena): Kernels {
  const kernels = wasmKernels(arena, binary)
  if (kernels === undefined) throw new Error('dist has no kernels.wasm, or this machine no SIMD: npm run build')
  return kernels
}
