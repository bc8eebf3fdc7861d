// Bundles src/main.tsx into the one file that people start: dist/bundle/gantry.mjs.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/main.tsx'],
  outfile: 'dist/bundle/gantry.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  alias: { 'react-devtools-core': './scripts/no-devtools.mjs' },
  logLevel: 'warning',
});
