// Runs dependency-cruiser and compares what it read with what there is: a cruise that reads nothing passes silently.
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';

const output = execFileSync(
  process.execPath,
  [
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    'src',
  ],
  { maxBuffer: 1 << 28 },
);
const { modules, summary } = JSON.parse(output);
const read = modules.filter((module) => module.source.startsWith('src/')).length;
const files = globSync('src/**/*.{ts,tsx}').length;
for (const violation of summary.violations) {
  console.error(`${violation.rule.name}: ${violation.from} → ${violation.to}`);
}
console.log(
  `${read} of ${files} files read, ${summary.totalDependenciesCruised} imports, ${summary.violations.length} violations`,
);
process.exitCode = read === files && files > 0 && summary.violations.length === 0 ? 0 : 1;
