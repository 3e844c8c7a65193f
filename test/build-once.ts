import { execFileSync } from 'node:child_process'

/** Compiles once before the tests: the command-line tests run what users run, the compiled `dist/`. */
export default function buildOnce(): void {
  if (process.env['QUERN_TEST_SKIP_BUILD'] === '1') return
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
