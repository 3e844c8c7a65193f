import type { Arena } from '../../../mapreduce/kernels/arena.ts'
import type { Kernels } from '../../../mapreduce/kernels/kernels.ts'

const dist = new URL('../../../dist/mapreduce/kernels/wasm.js', import.meta.url)
const module: typeof import('../../../mapreduce/kernels/wasm.ts') = await import(dist.href)

/** The WebAssembly kernels of the compiled install: the module looks for its binary beside itself. */
export function compiledKernels(arena: Arena): Kernels {
  const kernels = module.wasmKernels(arena)
  if (kernels === undefined) throw new Error('dist has no kernels.wasm, or this machine no SIMD: npm run build')
  return kernels
}
