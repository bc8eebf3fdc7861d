// What threads run, as a file of its own beside the bundle that starts them: it shares nothing with that.
import { build } from 'esbuild';

const THREADS = ['src/platform/file-digest/thread-main.ts'];

export async function bundleThreads(folder, target) {
  await build({
    entryPoints: THREADS,
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target,
    minify: true,
    logLevel: 'warning',
  });
}
